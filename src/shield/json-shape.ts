/** What is wrong with the shape of a JSON text, before anything is built from it. */

export interface JsonLimits {
  /** Arrays and objects inside one another. */
  readonly depth: number;
  /** Members and elements, all levels together. */
  readonly values: number;
}

/** Far above what any route reads. */
export const usualJsonLimits: JsonLimits = { depth: 32, values: 100_000 };

/**
 * `too_complex`: beyond the limits. `ambiguous`: an object has a name twice. RFC 8259 (section 4) leaves open which of
 * them counts, so what is checked and recorded here could be something else to whoever reads it next.
 */
export type JsonFault = 'too_complex' | 'ambiguous';

/**
 * One pass that knows nothing but strings, brackets and commas: whether the text is JSON at all is the parser's to say.
 */
export function jsonFaultOf(text: string, limits: JsonLimits): JsonFault | undefined {
  /** The names of each open object so far; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let values = 1;
  /** Whether a string would be the name of a member. */
  let isName = false;
  let isAmbiguous = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const start = i;
      i = endOfString(text, start);
      const names = open.at(-1);
      if (isName && names !== undefined) {
        const name = nameOf(text.slice(start, i + 1));
        if (names.has(name)) isAmbiguous = true;
        names.add(name);
      }
      isName = false;
    } else if (character === '{' || character === '[') {
      isName = character === '{';
      if (open.push(isName ? new Set() : undefined) > limits.depth) return 'too_complex';
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') {
      if (++values > limits.values) return 'too_complex';
      isName = true;
    }
  }
  return isAmbiguous ? 'ambiguous' : undefined;
}

/** Index of the closing quote, or of the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

/** As the parser reads it: a name can be written in more than one way. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The parser will refuse it.
    return quoted;
  }
}
