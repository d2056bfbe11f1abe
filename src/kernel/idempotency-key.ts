import { GatewayError } from './errors.ts';

const HEADER = 'idempotency-key';
const LONGEST = 255;

/**
 * One member of the header: a string (RFC 9651), or a bare token such as a UUID, as many clients send
 * it. Sticky, because header lines that repeat arrive joined by commas.
 */
const MEMBER = /[ \t]*(?:"((?:[ !#-[\]-~]|\\["\\])*)"|([!#-+\--:<-~]+))[ \t]*(?:,|$)/y;

/**
 * The client's key of a command (draft-ietf-httpapi-idempotency-key-header), without its quotes: 1 to 255 printable
 * ASCII characters. undefined when the header is absent.
 * @throws GatewayError invalid_request for anything else, and for two keys that differ
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const keys = new Set<string>();
  MEMBER.lastIndex = 0;
  do {
    const member = MEMBER.exec(header);
    if (member === null)
      throw refusal(`Expected 1 to ${LONGEST} printable ASCII characters in double quotes`);
    keys.add(member[1]?.replace(/\\(.)/g, '$1') ?? member[2] ?? '');
  } while (MEMBER.lastIndex < header.length);
  const [key = ''] = keys;
  if (keys.size > 1) throw refusal('Expected one key; the request carries several that differ');
  if (key.length < 1 || key.length > LONGEST) throw refusal(`Expected 1 to ${LONGEST} characters`);
  return key;
}

function refusal(msg: string): GatewayError {
  return new GatewayError('invalid_request', {
    detail: `Idempotency-Key: ${msg}`,
    errors: [{ loc: ['header', HEADER], msg, type: 'custom' }],
  });
}

/** Describes the header in OpenAPI; it is read by `parseIdempotencyKey`. */
export const idempotencyKeyParameter = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description:
    'A key of the client for this command, in double quotes: repeating the request with the same key sends nothing ' +
    'twice and answers as before (draft-ietf-httpapi-idempotency-key-header)',
  schema: { type: 'string' as const, maxLength: LONGEST + 2 },
  example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
};
