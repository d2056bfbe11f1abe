const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/**
 * Whether a `Prefer` header asks for `respond-async` (RFC 7240 section 4.1). Other preferences are ignored, as is
 * whatever does not parse: a preference is a wish, never a reason to refuse.
 */
export function prefersAsync(header: string | undefined): boolean {
  if (header === undefined) return false;
  return (
    header
      .replace(QUOTED, '')
      .split(',')
      .map((preference) => preference.split(';')[0] ?? '')
      // Without a value, or with an empty one, which means the same (RFC 7240 section 2).
      .some((preference) => /^\s*respond-async\s*(?:=\s*)?$/i.test(preference))
  );
}

/** Describes the header in OpenAPI; it is read by `prefersAsync`. */
export const preferParameter = {
  name: 'Prefer',
  in: 'header' as const,
  required: false,
  description: '`respond-async`: answer 202 and a resource to follow instead of waiting (RFC 7240)',
  schema: { type: 'string' as const },
  example: 'respond-async',
};
