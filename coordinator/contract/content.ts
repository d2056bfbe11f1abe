/** Bodies as they are: byte for byte, with the type their sender gave them. */

export interface Content {
  /** As in the Content-Type header. */
  readonly type: string;
  /** Never empty: no body is no content. */
  readonly bytes: Uint8Array;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i;

/** JSON and the types built on it (RFC 6839). */
export const isJsonType = (type: string): boolean => JSON_TYPE.test(type);

export function jsonContent(value: unknown): Content {
  return { type: 'application/json', bytes: new TextEncoder().encode(JSON.stringify(value)) };
}
