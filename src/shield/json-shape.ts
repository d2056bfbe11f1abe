/** How deep and how large a JSON text is, before anything is built from it. */

export interface JsonLimits {
  /** Arrays and objects inside one another. */
  readonly depth: number;
  /** Members and elements, all levels together. */
  readonly values: number;
}

/** Far above what any route reads. */
export const usualJsonLimits: JsonLimits = { depth: 32, values: 100_000 };

/** One pass that knows nothing but strings and brackets: whether the text is JSON at all is the parser's to say. */
export function isTooComplex(text: string, limits: JsonLimits): boolean {
  let depth = 0;
  let values = 1;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{' || character === '[') {
      if (++depth > limits.depth) return true;
    } else if (character === '}' || character === ']') depth--;
    else if (character === ',' && ++values > limits.values) return true;
  }
  return false;
}
