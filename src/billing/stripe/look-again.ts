/**
 * Looks at Stripe that no event has asked for: events get lost, and webhooks are misconfigured. Whoever has paid gets
 * the plan all the same, and the operator hears of it.
 */
import { and, eq, exists, isNull, lt, notInArray, or, sql as raw } from 'drizzle-orm';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, jobKind } from '../../db/background.ts';
import { stripeCustomers, stripeSubscriptions } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';
import { syncCustomer } from './sync-customer.ts';

const MINUTE_MS = 60_000;
/** After a page to pay was opened: when people pay, and when Stripe has closed it (24 h). */
const AFTER_CHECKOUT_MS = [2, 10, 65, 25 * 60].map((minutes) => minutes * MINUTE_MS);

const lookKind = jobKind({
  name: 'billing.look',
  data: z.object({ customerId: z.string() }),
  timeoutSeconds: 180,
});
const lookAllKind = jobKind({ name: 'billing.look-all', data: z.object({}) });

/** @throws GatewayError database_unavailable */
export async function lookAfterCheckout(
  { database, clock, enqueue }: Pick<StripeDependencies, 'database' | 'clock' | 'enqueue'>,
  customerId: string,
): Promise<void> {
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      for (const ms of AFTER_CHECKOUT_MS) {
        await enqueue(tx, lookKind, { customerId }, { startAfter: new Date(clock.now() + ms) });
      }
    }),
  );
}

/** What no longer changes by itself. */
const OVER = ['canceled', 'incomplete_expired'];

export const lookJobs = (deps: StripeDependencies): readonly BackgroundJob[] => [
  backgroundJob(lookKind, {
    handle: ({ customerId }, job) => syncCustomer(deps, customerId, { job, isUnasked: true }),
  }),
  backgroundJob(lookAllKind, {
    schedule: '11 4 * * *',
    handle: (_data, job) =>
      deps.database.run(
        (sql) =>
          sql.transaction(async (tx) => {
            const open = tx
              .select({ one: raw`1` })
              .from(stripeSubscriptions)
              .where(
                and(
                  eq(stripeSubscriptions.customerId, stripeCustomers.id),
                  notInArray(stripeSubscriptions.status, OVER),
                ),
              );
            const lookedAtToday = raw`now() - interval '20 hours'`;
            const customers = await tx
              .select({ customerId: stripeCustomers.id })
              .from(stripeCustomers)
              .where(
                and(
                  exists(open),
                  or(isNull(stripeCustomers.writtenFrom), lt(stripeCustomers.writtenFrom, lookedAtToday)),
                ),
              );
            for (const customer of customers) await deps.enqueue(tx, lookKind, customer);
            await job.finish(tx);
          }),
        30_000,
      ),
  }),
];
