/** Where a pass-through may go: below the caller's own user, and nowhere else. Pure: no I/O, no URL parsing. */

/** Decoded segments below `/user/{id}`, none of which can leave its place; or why there are none. */
export type PassThroughTarget =
  | { readonly segments: readonly string[] }
  /** A sentence for people: what is wrong, and what to do instead. */
  | { readonly refusal: string };

/** Only the case of the letters may differ from how Ajax spells it. */
export interface PassThroughRequest {
  readonly method: string;
  /** As it came, still encoded: what follows `/api/v1/ajax/`, without the query. */
  readonly rawPath: string;
  /** Ajax user id of the caller. */
  readonly ownId: string;
}

export function passThroughTarget({ method, rawPath, ownId }: PassThroughRequest): PassThroughTarget {
  const decoded: string[] = [];
  for (const raw of rawPath.split('/')) {
    const segment = decodeSegment(raw);
    if (segment === undefined) return { refusal: UNSAFE_SEGMENT };
    decoded.push(segment);
  }
  const [root = '', id = '', ...segments] = decoded;
  if (root !== 'user') return { refusal: OUTSIDE.get(root.toLowerCase()) ?? NOT_A_USER };
  if (ACCOUNT_OPERATIONS.has(id.toLowerCase())) return { refusal: NO_SESSION };
  if (id.toLowerCase() !== ownId.toLowerCase()) return { refusal: ANOTHER_USER };
  const refusal = refusalBelowUser(method, segments);
  return refusal === undefined ? { segments } : { refusal };
}

const UNSAFE_SEGMENT =
  'A segment of the path is empty, relative, encoded more than once or malformed; send each one encoded once, without a slash at the end';
const NOT_A_USER = 'Only what is below /api/v1/ajax/user/{id} is passed through';
const NO_SESSION = 'Operations on accounts without a session are not passed through; use the Ajax app';
const ANOTHER_USER = 'This is not your own Ajax user id; POST /api/v1/auth/token names yours as userId';

const OUTSIDE: ReadonlyMap<string, string> = new Map([
  ['company', 'Operations of companies are not passed through; this gateway serves user accounts only'],
  ['pro', 'Operations of PRO accounts are not passed through; this gateway serves user accounts only'],
  ['swagger', 'The specification of Ajax is not passed through; ask Ajax for it'],
  ['login', 'Sign in with POST /api/v1/auth/token; the session at Ajax is kept by this gateway'],
  ['refresh', 'Refresh with POST /api/v1/auth/refresh; the session at Ajax is kept by this gateway'],
]);

/** `POST /user` has no id. */
const ACCOUNT_OPERATIONS: ReadonlySet<string> = new Set(['', 'contactinfoconfirmation', 'resetpassword']);

/** They change how the account signs in, and Ajax allows four of them in 15 minutes. */
const CREDENTIALS: ReadonlySet<string | undefined> = new Set(['login', 'phone', 'passwordhash']);

function refusalBelowUser(method: string, segments: readonly string[]): string | undefined {
  const [kind, , part] = segments.map(broadlyRead);
  if (CREDENTIALS.has(kind)) {
    return 'E-mail, phone and password of the account are not changed through this gateway; use the Ajax app';
  }
  if (kind === 'hubs' && segments[0] !== 'hubs')
    return 'Hubs are found at /user/{id}/hubs, spelled exactly so';
  if (kind === 'hubs' && part === 'logs' && method !== 'GET') {
    return 'The log of a hub can be read here, not deleted; use the Ajax app';
  }
  return undefined;
}

/**
 * The name a careless server may find in a segment: what is refused must be refused in every spelling Ajax may accept.
 * Servlet containers cut parameters off (`logs;x`), Spring endings (`logs.json`), others normalise and ignore case.
 */
function broadlyRead(segment: string): string {
  const [name = ''] = segment.normalize('NFKC').split(/[;.]/, 1);
  return name.trim().toLowerCase();
}

/** The segment as its sender meant it; undefined when any server on the way could take it for something else. */
function decodeSegment(raw: string): string | undefined {
  try {
    const segment = decodeURIComponent(raw);
    return isSafe(segment) ? segment : undefined;
  } catch {
    return undefined;
  }
}

/** Separators of paths, and what ends or splits a text elsewhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029/\\]/;
/** What a server that decodes once too often would find something else in; no name at Ajax has it. */
const ESCAPE = /%(?:[0-9a-f]{2}|u[0-9a-f]{4})/i;

function isSafe(segment: string): boolean {
  if (!segment.isWellFormed()) return false;
  // Compatibility forms: a full-width slash or dot becomes a plain one where texts are normalised.
  return [segment, segment.normalize('NFKC')].every((text) => {
    // Servlet containers cut parameters off a segment: `..;x` is `..` to them.
    const [name = ''] = text.split(';', 1);
    return !UNSAFE.test(text) && !ESCAPE.test(text) && !['', '.', '..'].includes(name.trim());
  });
}
