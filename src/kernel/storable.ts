/** A copy that fits into jsonb, which takes neither NUL nor half a character: clients may send both. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(storable);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [storableText(name), storable(item)]),
  );
}

const storableText = (text: string) => text.replaceAll('\0', '\ufffd').toWellFormed();
