/** Broken connections: a handler behind a listener cannot hang up, but it can fail to finish its answer. */

/** An answer that breaks off after `start`. */
export function brokenResponse(start: string): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
    pull: (controller) => controller.error(new TypeError('Connection broken on purpose')),
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** Turns a rejection, which a listener would answer with 500, into a broken connection. */
export function breakConnections(fetch: (request: Request) => Promise<Response>) {
  return (request: Request): Promise<Response> => fetch(request).catch(() => brokenResponse('{'));
}
