/**
 * The same request at another address. Not by `new Request(url, request)`: the requests of `@hono/node-server` do not
 * bear being options on Deno, where one with a body then throws.
 */
export function readdress({ method, headers, body, signal }: Request, url: URL): Request {
  // A body that is a stream needs to be told so (Fetch standard, RequestInit.duplex).
  return new Request(url, { method, headers, signal, ...(body === null ? {} : { body, duplex: 'half' }) });
}
