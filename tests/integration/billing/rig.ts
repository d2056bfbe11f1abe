/** Payments on a real database, with events and their handling in the test's hands. */

import type { StripeEvent } from '../../../simulator/stripe/outbox.ts';
import { createAuditTrail } from '../../../src/audit/index.ts';
import { stretchAt } from '../../../src/billing/entitlement.ts';
import { readGrants, timelineOf } from '../../../src/billing/index.ts';
import type { StripeDependencies } from '../../../src/billing/stripe/dependencies.ts';
import { receiveEvent, stripeJobs } from '../../../src/billing/stripe/events.ts';
import { createStripePayments } from '../../../src/billing/stripe/payments.stripe.ts';
import { grants, stripeCustomers } from '../../../src/billing/table.ts';
import { parseConfig } from '../../../src/config.ts';
import type { JobContext } from '../../../src/db/background.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import type { Plan } from '../../../src/kernel/caller.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { startStripe, stripeEnvironment } from '../../support/stripe.ts';

export const DAY = 86_400_000;
export const GRACE_DAYS = 3;

export interface Told {
  readonly accountId: string | undefined;
  readonly kind: string;
  readonly message: string;
  readonly params: unknown;
}

export async function startPayments() {
  let nowMs = Date.UTC(2028, 1, 1, 12);
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const database = await openPglite();
  const config = parseConfig({
    AJAX_API_KEY: 'k',
    ...stripeEnvironment,
    STRIPE_GRACE_DAYS: String(GRACE_DAYS),
  });
  const { stripe: stripeConfig } = config.billing;
  if (stripeConfig === undefined) throw new Error('Stripe is not configured');
  const stripe = startStripe({ now: () => nowMs, signedAt: Date.now, send: async () => 200 });
  const told: Told[] = [];
  const jobs: unknown[] = [];
  const deps: StripeDependencies = {
    ...{ config, database, clock, stripe: stripeConfig, log: silentLog },
    trail: createAuditTrail(database, clock, silentLog),
    payments: createStripePayments(stripeConfig, stripe.fetch),
    priceList: { read: async () => new Map() },
    plansChanged: () => {},
    notify: async (_tx, accountId, kind, message, params) => {
      told.push({ accountId, kind, message: String(message), params });
    },
    notifyAdministrators: async (_tx, kind, message, params) => {
      told.push({ accountId: undefined, kind, message: String(message), params });
    },
    enqueue: async (_tx, _kind, data) => {
      jobs.push(data);
    },
  };
  const [job] = stripeJobs(deps);
  if (job === undefined) throw new Error('No job');

  return {
    ...{ deps, stripe, database, told, jobs, job },
    now: () => nowMs,
    pass(days: number): void {
      nowMs += days * DAY;
    },
    /** An account of its own, as it is after its first checkout has begun. */
    async newCustomer(): Promise<{ accountId: string; customer: string }> {
      const accountId = newId();
      const { id: customer } = stripe.bank.createCustomer('a@b.c', { account_id: accountId });
      await database.sql.insert(stripeCustomers).values({ id: customer, accountId });
      return { accountId, customer };
    },
    /** The webhook, signed by Stripe. */
    async receive({ payload }: StripeEvent): Promise<string> {
      const { sign } = await import('../../../simulator/stripe/outbox.ts');
      return receiveEvent(
        deps,
        payload,
        await sign(payload, stripeEnvironment.STRIPE_WEBHOOK_SECRET, Date.now()),
      );
    },
    /** Everything that is stored is handled. */
    async work(context: Partial<JobContext> = {}): Promise<void> {
      const usual: JobContext = {
        ...{ id: newId(), attempt: 1, isLast: false, signal: new AbortController().signal },
        finish: async () => {},
      };
      for (const data of jobs.splice(0)) await job.handle(data, { ...usual, ...context });
    },
    async deliver(events: readonly StripeEvent[]): Promise<void> {
      for (const event of events) {
        await this.receive(event);
        await this.work();
      }
    },
    async planAt(accountId: string, ms = nowMs): Promise<{ plan: Plan; source: string; until: number }> {
      const timeline = timelineOf(await readGrants(database.sql, accountId), 'free');
      const { plan, source, holdsUntilMs } = stretchAt(timeline, ms);
      return { plan, source, until: holdsUntilMs };
    },
    giveVoucher: (accountId: string, plan: Plan, days: number) =>
      database.sql.insert(grants).values({
        id: newId(),
        accountId,
        plan,
        days,
        source: 'voucher',
        from: new Date(nowMs),
        reference: newId(),
      }),
    close: () => database.close(),
  };
}
export type PaymentRig = Awaited<ReturnType<typeof startPayments>>;
