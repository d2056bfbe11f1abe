import { GatewayError } from '../../src/kernel/errors.ts';

/** Characters that a server behind Ajax's proxies might read as something else once decoded. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const UNSAFE = /[\u0000-\u001f\u007f\\]|(^|\/)\.{0,2}(\/|$)/;

/**
 * Decodes the path segments of a request's raw path, and makes sure that no segment can leave its place.
 * @throws GatewayError invalid_request
 */
export function decodeSegments(rawPath: string): string[] {
  if (rawPath === '' || rawPath === '/') return [];
  return rawPath
    .replace(/^\//, '')
    .split('/')
    .map((raw) => {
      const segment = decode(raw);
      if (segment === undefined || UNSAFE.test(segment)) {
        throw new GatewayError('invalid_request', {
          detail: 'The path below the account has an empty, relative or malformed segment',
        });
      }
      return segment;
    });
}

function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** `user/{userId}/...`, every segment encoded, so that no character of it can change host, path or query. */
export function userPath(userId: string, segments: readonly string[], query: string): string {
  const path = ['user', userId, ...segments].map(encodeURIComponent).join('/');
  return query === '' ? path : `${path}?${query}`;
}

/** Operations of an account that Ajax limits to 4 in 15 minutes; their 429 says nothing about the shared budget. */
export function hasOwnLimit(method: string, [name, ...more]: readonly string[]): boolean {
  return method === 'PUT' && more.length === 0 && ['login', 'phone', 'passwordHash'].includes(name ?? '');
}
