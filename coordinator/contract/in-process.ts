/**
 * Messages that never leave the process. The platform's own Request and Response check and copy every header and stream
 * every body: on a read from the cache that is a seventh of all its work (docs/benchmarks.md).
 */

/** What a read needs of its headers. Names are in lower case. */
class PlainHeaders {
  readonly #values: Readonly<Record<string, string>>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values;
  }

  get(name: string): string | null {
    return this.#values[name.toLowerCase()] ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  *[Symbol.iterator](): IterableIterator<[string, string]> {
    yield* Object.entries(this.#values);
  }

  forEach(tell: (value: string, name: string) => void): void {
    for (const [name, value] of this) tell(value, name);
  }
}

const never = new AbortController().signal;

/** A GET as far as the coordinator's app reads it. For nothing that goes over a network. */
export function plainRead(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal = never,
): Request {
  const request = { method: 'GET', url, headers: new PlainHeaders(headers), signal, body: null };
  return request as unknown as Request;
}

const bodies = new WeakMap<Response, Uint8Array>();

/** The body of an answer, for a caller in this process to take as it is. */
export function handOver(response: Response, body: Uint8Array): Response {
  bodies.set(response, body);
  return response;
}

/** undefined: the answer came over a network, or says something of its own. Not to be written to. */
export const handedOver = (response: Response): Uint8Array | undefined => bodies.get(response);
