import { lt } from 'drizzle-orm';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, jobKind } from '../../db/background.ts';
import { DAY_MS } from '../entitlement.ts';
import { stripeEvents } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';

/** Longer than Stripe sends an event again, and than a dead letter about one is kept. */
const EVENTS_MS = 100 * DAY_MS;

const cleanKind = jobKind({ name: 'billing.clean', data: z.object({}) });

/** Forgets old events, once a day: what they were about is in grants and history. */
export const cleanJob = ({ database, clock }: StripeDependencies): BackgroundJob =>
  backgroundJob(cleanKind, {
    schedule: '37 3 * * *',
    async handle() {
      const before = new Date(clock.now() - EVENTS_MS);
      await database.run(
        (sql) => sql.delete(stripeEvents).where(lt(stripeEvents.receivedAt, before)),
        30_000,
      );
    },
  });
