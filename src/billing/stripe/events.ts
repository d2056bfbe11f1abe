/** Events of Stripe: stored once, with the job that looks what has become of what they are about (D28). */
import { eq, sql as raw } from 'drizzle-orm';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, type JobContext, jobKind } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import { invalidRequest } from '../../kernel/openapi.ts';
import { stripeCustomers, stripeEvents } from '../table.ts';
import { alert } from './alert.ts';
import { cleanJob } from './clean.ts';
import type { StripeDependencies } from './dependencies.ts';
import { lookJobs } from './look-again.ts';
import { stripeCharge, stripeCustomer, stripeEvent } from './objects.ts';
import { syncCustomer } from './sync-customer.ts';

const eventJob = jobKind({
  name: 'billing.stripe-event',
  data: z.object({ eventId: z.string() }),
  // A few calls of Stripe, each with retries of its own.
  timeoutSeconds: 180,
});

/**
 * Stores an event with its job, unless it is known already.
 * @returns its id
 * @throws GatewayError webhook_signature_invalid, invalid_request, database_unavailable: Stripe sends it again then
 */
export async function receiveEvent(
  { payments, database, enqueue }: StripeDependencies,
  payload: string,
  signature: string,
): Promise<string> {
  const parsed = stripeEvent.safeParse(await payments.verifyEvent(payload, signature));
  if (!parsed.success) throw invalidRequest(parsed.error, 'json');
  const { id, type, customer, charge } = parsed.data;
  await database.run((sql) =>
    sql.transaction(async (tx) => {
      const stored = await tx
        .insert(stripeEvents)
        .values({ id, type, customerId: customer ?? null, chargeId: charge ?? null })
        .onConflictDoNothing()
        .returning({ id: stripeEvents.id });
      if (stored.length > 0) await enqueue(tx, eventJob, { eventId: id });
    }),
  );
  return id;
}

/** The jobs of this module. */
export const stripeJobs = (deps: StripeDependencies): readonly BackgroundJob[] => [
  backgroundJob(eventJob, { handle: ({ eventId }, job) => handleEvent(deps, eventId, job) }),
  ...lookJobs(deps),
  cleanJob(deps),
];

/** @throws GatewayError payments_unavailable, database_unavailable: it is tried again */
async function handleEvent(
  deps: StripeDependencies,
  eventId: string,
  job: Pick<JobContext, 'finish'>,
): Promise<void> {
  const { database } = deps;
  const finish = () => database.run((sql) => sql.transaction((tx) => job.finish(tx)));
  const [event] = await database.run((sql) =>
    sql.select().from(stripeEvents).where(eq(stripeEvents.id, eventId)),
  );
  const customerId = event && (event.customerId ?? (await customerOf(deps, event.chargeId)));
  if (event === undefined || customerId === undefined) return finish();
  const [customer] = await database.run((sql) =>
    sql
      .select({
        isSeen: raw<boolean>`coalesce(${stripeCustomers.writtenFrom} > ${stripeEvents.receivedAt}, false)`,
      })
      .from(stripeCustomers)
      .innerJoin(stripeEvents, eq(stripeEvents.id, eventId))
      .where(eq(stripeCustomers.id, customerId)),
  );
  // Somebody has looked since it came.
  if (customer?.isSeen) return finish();
  if (customer === undefined && !(await adopt(deps, customerId))) {
    return database.run((sql) =>
      sql.transaction(async (tx) => {
        if (await isFirstOf(tx, customerId, event)) await alert(deps, tx, 'customer_unknown', customerId);
        await job.finish(tx);
      }),
    );
  }
  return syncCustomer(deps, customerId, { job });
}

async function customerOf(
  { payments }: StripeDependencies,
  chargeId: string | null,
): Promise<string | undefined> {
  if (chargeId === null) return undefined;
  const charge = await payments.charge(chargeId);
  return charge === undefined ? undefined : stripeCharge.parse(charge).customer;
}

/** Where other things are sold, every customer of those is a stranger: once is enough. */
async function isFirstOf(
  tx: Sql,
  customerId: string,
  { id, receivedAt }: typeof stripeEvents.$inferSelect,
): Promise<boolean> {
  const [first] = await tx
    .select({ id: stripeEvents.id, receivedAt: stripeEvents.receivedAt })
    .from(stripeEvents)
    .where(eq(stripeEvents.customerId, customerId))
    .orderBy(stripeEvents.receivedAt, stripeEvents.id)
    .limit(1);
  return first === undefined || first.id === id || first.receivedAt > receivedAt;
}

/** One we made, whose row was lost with a backup that is older: it carries the account it was made for. */
async function adopt({ payments, database }: StripeDependencies, customerId: string): Promise<boolean> {
  const customer = await payments.customer(customerId);
  if (customer === undefined) return false;
  const accountId = z.uuid().safeParse(stripeCustomer.parse(customer).metadata?.account_id);
  if (!accountId.success) return false;
  await database.run(
    async (sql) =>
      void (await sql
        .insert(stripeCustomers)
        .values({ id: customerId, accountId: accountId.data })
        .onConflictDoNothing()),
  );
  return true;
}
