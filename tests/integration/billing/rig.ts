/** Payments on a real database, with events and their handling in the test's hands. */
import { type StripeEvent, sign } from '../../../simulator/stripe/outbox.ts';
import { createAuditTrail } from '../../../src/audit/index.ts';
import { stretchAt } from '../../../src/billing/entitlement.ts';
import { readGrants, timelineOf } from '../../../src/billing/index.ts';
import type { StripeDependencies } from '../../../src/billing/stripe/dependencies.ts';
import { receiveEvent, stripeJobs } from '../../../src/billing/stripe/events.ts';
import { createStripePayments } from '../../../src/billing/stripe/payments.stripe.ts';
import { grants, stripeCustomers } from '../../../src/billing/table.ts';
import { parseConfig } from '../../../src/config.ts';
import type { JobContext } from '../../../src/db/background.ts';
import type { Database } from '../../../src/db/client.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { openPostgres } from '../../../src/db/postgres.ts';
import type { Plan } from '../../../src/kernel/caller.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startStripe, stripeEnvironment } from '../../support/stripe.ts';

interface StoredJob {
  readonly name: string;
  readonly data: unknown;
  /** By the clock of the test. */
  readonly dueMs: number;
}

export const DAY = 86_400_000;
export const GRACE_DAYS = 3;

export interface Told {
  readonly accountId: string | undefined;
  readonly kind: string;
  readonly message: string;
  readonly params: unknown;
}

const config = parseConfig({
  AJAX_API_KEY: 'k',
  ...stripeEnvironment,
  STRIPE_GRACE_DAYS: String(GRACE_DAYS),
});
let count = 0;

/** A Stripe, a clock and their accounts, alone or beside others on the same database. */
export function createPayments(database: Database) {
  let nowMs = Date.UTC(2028, 1, 1, 12);
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const { stripe: stripeConfig } = config.billing;
  if (stripeConfig === undefined) throw new Error('Stripe is not configured');
  const stripe = startStripe({
    now: () => nowMs,
    signedAt: Date.now,
    send: async () => 200,
    mark: `${++count}_`,
  });
  const told: Told[] = [];
  const jobs: StoredJob[] = [];
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
    enqueue: async (_tx, { name }, data, options) => {
      jobs.push({ name, data, dueMs: options?.startAfter?.getTime() ?? 0 });
    },
  };
  const handlers = new Map(stripeJobs(deps).map((job) => [job.kind.name, job]));
  const takeDue = () => {
    const due = jobs.filter(({ dueMs }) => dueMs <= nowMs);
    jobs.splice(0, jobs.length, ...jobs.filter((job) => !due.includes(job)));
    return due;
  };
  const handle = async ({ name, data }: StoredJob, context: Partial<JobContext> = {}) =>
    handlers.get(name)?.handle(data, { ...contextOfJob(), ...context });

  return {
    ...{ deps, stripe, database, told, jobs },
    now: () => nowMs,
    pass(days: number): void {
      nowMs += days * DAY;
    },
    /** An account of its own, as it is after its first checkout has begun. */
    async newCustomer(): Promise<{ accountId: string; customer: string }> {
      const accountId = newId();
      return { accountId, customer: await this.newCustomerOf(accountId) };
    },
    /** Another one, when the first was deleted. */
    async newCustomerOf(accountId: string): Promise<string> {
      const { id } = stripe.bank.createCustomer('a@b.c', { account_id: accountId });
      await database.sql.insert(stripeCustomers).values({ id, accountId });
      return id;
    },
    /** The webhook, signed by Stripe. */
    receive: async ({ payload }: StripeEvent): Promise<string> =>
      receiveEvent(deps, payload, await sign(payload, stripeEnvironment.STRIPE_WEBHOOK_SECRET, Date.now())),
    /** Everything that is stored and due is handled, one after the other. */
    async work(context: Partial<JobContext> = {}): Promise<void> {
      for (const job of takeDue()) await handle(job, context);
    },
    /** A job of the schedule, and what follows from it. */
    async runScheduled(name: string): Promise<void> {
      await handle({ name, data: {}, dueMs: 0 });
      await this.work();
    },
    /** All of them at once, by as many workers. */
    async deliverAtOnce(events: readonly StripeEvent[]): Promise<void> {
      await Promise.all(events.map((event) => this.receive(event)));
      await Promise.all(takeDue().map((job) => handle(job)));
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
    giveVoucher: (accountId: string, plan: Plan, days: number, at = nowMs) =>
      database.sql.insert(grants).values({
        id: newId(),
        accountId,
        plan,
        days,
        source: 'voucher',
        from: new Date(at),
        reference: newId(),
      }),
  };
}
export type Payments = ReturnType<typeof createPayments>;

const contextOfJob = (): JobContext => ({
  ...{ id: newId(), attempt: 1, isLast: false, signal: new AbortController().signal },
  finish: async () => {},
});

/** Alone on the embedded database. */
export async function startPayments() {
  const database = await openPglite();
  return { ...createPayments(database), close: () => database.close() };
}
export type PaymentRig = Awaited<ReturnType<typeof startPayments>>;

/** For many lives at once: on PostgreSQL a look costs a third, and another core does most of it. */
export async function startManyPayments() {
  const postgres = await startPostgres({ settings: { synchronous_commit: 'off' } });
  const database = await openPostgres(postgres.url);
  return {
    create: () => createPayments(database),
    async close() {
      await database.close();
      await postgres.stop();
    },
  };
}
export type ManyPayments = Awaited<ReturnType<typeof startManyPayments>>;
