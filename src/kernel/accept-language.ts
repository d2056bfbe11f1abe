/**
 * The language of `supported` that an `Accept-Language` header prefers (RFC 9110 section 12.5.4), by primary subtag;
 * the first of them when it names none. What does not parse is ignored: it is a wish, never a reason to refuse.
 */
export function preferredLanguage<L extends string>(
  header: string | undefined,
  supported: readonly [L, ...L[]],
): L {
  let best: { language: L; weight: number } | undefined;
  for (const range of (header ?? '').split(',', LONGEST_LIST)) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const primary = tag.split('-')[0];
    const language = supported.find((each) => each === primary);
    const weight = weightOf(parameters);
    if (language !== undefined && weight > (best?.weight ?? 0)) best = { language, weight };
  }
  return best?.language ?? supported[0];
}

/** Browsers send a handful. */
const LONGEST_LIST = 32;

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1;
  const weight = Number(given.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}

/** Describes the header in OpenAPI. */
export const acceptLanguageParameter = {
  name: 'Accept-Language',
  in: 'header' as const,
  required: false,
  description: 'Language of texts made here: en or es',
  schema: { type: 'string' as const },
  example: 'es',
};
