import type { z } from 'zod';

/** The value of a record; undefined when another version of this program wrote it in another form. */
export function readJson<T extends z.ZodType>(schema: T, text: string): z.infer<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
