/**
 * What a request must look like before anything of it is read. The parser of node:http (llhttp, strict) refuses most of
 * what two programs in a row could read differently (RFC 9112 section 11.2); here is what it lets through.
 */

/** Why a connection is answered without a request for the application. */
export type Refusal = 'malformed_request' | 'uri_too_long' | 'headers_too_large' | 'request_timeout';

export interface HeadLimits {
  /** Characters of the request target. */
  readonly targetChars: number;
  readonly headers: number;
  /** Characters of all names and values together. */
  readonly headerChars: number;
}

export interface RequestHead {
  readonly httpVersion: string;
  /** As sent: nothing decoded, nothing resolved. */
  readonly target: string;
  /** Names and values in turns, as sent. */
  readonly rawHeaders: readonly string[];
}

/** Of these two would contradict each other, and programs differ in which one they take. */
const SINGLE = new Set(['host', 'content-length', 'content-type', 'transfer-encoding', 'authorization']);

export function faultOf(head: RequestHead, limits: HeadLimits): Refusal | undefined {
  const { httpVersion, target, rawHeaders } = head;
  if (target.length > limits.targetChars) return 'uri_too_long';
  if (rawHeaders.length / 2 > limits.headers) return 'headers_too_large';
  let chars = 0;
  let host: string | undefined;
  let coding: string | undefined;
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    chars += name.length + value.length;
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return 'malformed_request';
    seen.add(name);
    if (name === 'host') host = value;
    if (name === 'transfer-encoding') coding = value;
  }
  if (chars > limits.headerChars) return 'headers_too_large';
  const isCurrent = httpVersion === '1.1';
  if (!isCurrent && httpVersion !== '1.0') return 'malformed_request';
  if (isCurrent && host === undefined) return 'malformed_request';
  // A coding before the last would have to be undone, and HTTP/1.0 has none (RFC 9112 section 6.1).
  if (coding !== undefined && !(isCurrent && coding.trim().toLowerCase() === 'chunked')) {
    return 'malformed_request';
  }
  return isOwnTarget(target, host) ? undefined : 'malformed_request';
}

/** A path, or an absolute address of the host that the Host header names as well. */
function isOwnTarget(target: string, host: string | undefined): boolean {
  if (target.startsWith('/')) return true;
  const url = URL.parse(target);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false;
  return url.username === '' && url.password === '' && url.host === host?.trim().toLowerCase();
}
