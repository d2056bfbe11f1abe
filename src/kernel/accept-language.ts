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

/** RFC 9110 section 12.5.4: a language range (RFC 4647) with its weight. */
const RANGE = /^(?:\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:;q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;
const LONGEST_FORWARDED = 200;

/**
 * An `Accept-Language` header as it may go on to Ajax, spelt in one way only, because answers are kept by it; undefined
 * for none, for what does not parse or is too long, and for one that takes any language.
 */
export function languagesToForward(header: string | undefined): string | undefined {
  if (header === undefined || header.length > LONGEST_FORWARDED) return undefined;
  const ranges = header
    .toLowerCase()
    .split(',')
    .map((range) => range.replace(/[ \t]*;[ \t]*/g, ';').replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((range) => range !== '');
  if (ranges.length > LONGEST_LIST || !ranges.every((range) => RANGE.test(range))) return undefined;
  if (ranges.every((range) => range.startsWith('*'))) return undefined;
  return ranges.join(', ');
}
