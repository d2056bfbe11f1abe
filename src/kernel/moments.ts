import { z } from '@hono/zod-openapi';

/** PostgreSQL and ISO 8601 agree on these; an offset can lead out of what four digits of a year allow. */
const FIRST_MS = Date.UTC(1970, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A moment in a request, with its offset. */
export const momentFrom1970 = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) >= FIRST_MS && Date.parse(text) <= LAST_MS, {
    message: 'Expected a moment from 1970 to 9999, in UTC',
  });
