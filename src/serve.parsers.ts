/**
 * One parser per connection. Both runtimes keep parsers of closed connections for later ones; Deno's (2.9.5) may bring
 * along what it had read: behind a head that was too large, about one in thirty other clients was answered 400 for a
 * proper request. Node's are clean.
 */

interface ParserPool {
  /** How many are kept; more are dropped. */
  max: number;
}

/** Does nothing on Node. @throws Error when the runtime has no such pool: then it is not known whether it mixes. */
export function keepParsersApart(): void {
  if (process.versions.deno === undefined) return;
  const http = process.getBuiltinModule('node:_http_common' as 'node:http') as unknown as
    | { readonly parsers?: ParserPool }
    | undefined;
  if (typeof http?.parsers?.max !== 'number') throw new Error('This version of Deno has no pool of parsers');
  http.parsers.max = 0;
}
