/** Parts of queries and paths that lists and their entries have in common. */
import { z } from '@hono/zod-openapi';
import { exampleUuid } from './demo-world.ts';

/** A whole number in a query. Anything else is told what is expected. */
export function numberFrom(least: number, most: number, usual: number) {
  const expected = `Expected a whole number from ${least} to ${most}`;
  return z.coerce
    .number(expected)
    .int(expected)
    .min(least, expected)
    .max(most, expected)
    .default(usual)
    .openapi({ example: usual });
}

/** How many entries a page has: 1 to 100. */
export const pageLimit = numberFrom(1, 100, 50);

/** Where a page goes on, by the id of the last entry of the page before. */
export const lastOfPageBefore = z.uuid().toLowerCase().optional().openapi({
  description: 'The id of the last one of the page before',
  example: exampleUuid,
});

export const idParams = z.object({
  id: z
    .uuid()
    .toLowerCase()
    .openapi({ param: { name: 'id', in: 'path' }, example: exampleUuid }),
});
