/** The body of a passed-through request: taken as it is, and what the audit trail keeps of it. */
import type { HonoRequest } from 'hono';
import { type Content, isJsonType } from '../../coordinator/contract/content.ts';
import { requirePlain } from '../kernel/content-encoding.ts';
import { sha256Hex } from '../kernel/crypto.ts';
import { GatewayError } from '../kernel/errors.ts';

const LONGEST_TYPE = 255;
/** RFC 9110 section 8.3.1; what its parameters say is for Ajax to judge. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+[ \t]*(?:;[\t -~]*)?$/;

/**
 * As Hono keeps it: the shield has read JSON by then. undefined when there is no body, whatever type was named for it.
 * @throws GatewayError unsupported_media_type, malformed_json
 */
export async function contentOf(request: HonoRequest): Promise<Content | undefined> {
  const bytes = await bytesOf(request);
  if (bytes.length === 0) return undefined;
  requirePlain(request);
  const type = request.header('content-type') ?? '';
  if (type.length > LONGEST_TYPE || !MEDIA_TYPE.test(type)) {
    throw refusal('A body needs a Content-Type that names its media type');
  }
  const content: Content = { type, bytes };
  if (isJsonType(type)) parse(content);
  return content;
}

const refusal = (detail: string) => new GatewayError('unsupported_media_type', { detail });

async function bytesOf(request: HonoRequest): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('malformed_json', { detail: 'The body ended early', cause });
  }
}

/** @throws GatewayError malformed_json */
function parse({ bytes }: Content): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new GatewayError('malformed_json', { cause });
  }
}

/** Larger JSON is recorded like binaries are. */
const LARGEST_RECORDED_BYTES = 8 * 1024;
/** Whoever has the digest of something shorter can find out what it was. */
const SHORTEST_DIGESTED_BYTES = 64;

/** What the trail keeps of it, before it is redacted by name: a value without names could be a secret. */
export async function recordOf(content: Content | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (content === undefined) return {};
  const { type, bytes } = content;
  if (isJsonType(type) && bytes.length <= LARGEST_RECORDED_BYTES) {
    const body = parse(content);
    if (typeof body === 'object' && body !== null) return { body };
  }
  const isLong = bytes.length >= SHORTEST_DIGESTED_BYTES;
  return {
    content_type: type,
    size: bytes.length,
    ...(isLong ? { sha256: await sha256Hex(bytes) } : {}),
  };
}
