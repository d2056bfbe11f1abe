/**
 * Brings what an account has here to what Stripe says now. Events only say that it is time to look: their order, their
 * number and their contents decide nothing, so any permutation of them ends the same (promise P12).
 */
import { and, eq, lt, sql as raw } from 'drizzle-orm';
import type { JobContext } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import type { BillingDependencies } from '../dependencies.ts';
import { stripeCustomers, stripeSubscriptions } from '../table.ts';
import type { StripeDependencies } from './dependencies.ts';
import { readCustomer } from './read-customer.ts';
import { warnOfSilence } from './warn-of-silence.ts';
import { writeCustomer } from './write-customer.ts';

interface LookOptions {
  /** Ended in the same transaction: whatever dies when, nothing is said twice. */
  readonly job?: Pick<JobContext, 'finish'>;
  /** No event has asked for it: what is found may be what events should have told. */
  readonly isUnasked?: boolean;
}

/** @throws GatewayError payments_unavailable, database_unavailable */
export async function syncCustomer(
  deps: StripeDependencies,
  customerId: string,
  { job, isUnasked = false }: LookOptions = {},
): Promise<void> {
  const { database, payments } = deps;
  const look = await beginLook(deps, customerId);
  const known = await database.run((sql) =>
    sql
      .select({ id: stripeSubscriptions.id })
      .from(stripeSubscriptions)
      .where(eq(stripeSubscriptions.customerId, customerId)),
  );
  const knownIds = known.map(({ id }) => id);
  const customer = await readCustomer(payments, customerId, knownIds);
  await database.run(
    (sql) =>
      sql.transaction(async (tx) => {
        if (await mayWrite(tx, customerId, look)) {
          const owner = { accountId: look.accountId, customerId };
          await writeCustomer(deps, tx, owner, customer, knownIds);
          if (isUnasked) await warnOfSilence(deps, tx, owner, customer);
        }
        await job?.finish(tx);
      }),
    WRITE_MS,
  );
  deps.plansChanged();
}

/** A customer with a long history takes some statements. */
const WRITE_MS = 15_000;

interface Look {
  readonly number: number;
  readonly accountId: string;
  readonly from: Date;
}

/** Looks are numbered as they begin. */
async function beginLook({ database }: BillingDependencies, customerId: string): Promise<Look> {
  const [row] = await database.run((sql) =>
    sql
      .update(stripeCustomers)
      .set({ begun: raw`${stripeCustomers.begun} + 1` })
      .where(eq(stripeCustomers.id, customerId))
      .returning({
        ...{ number: stripeCustomers.begun, accountId: stripeCustomers.accountId },
        from: raw<string>`clock_timestamp()`,
      }),
  );
  if (row === undefined) throw new Error(`Nobody knows the customer ${customerId}`);
  return { ...row, from: new Date(row.from) };
}

/**
 * A look that began before one that was written down already may have seen less: it writes nothing. Nothing is lost by
 * that, for what happened in between has an event of its own, and its look begins later than both.
 */
async function mayWrite(tx: Sql, customerId: string, { number, from }: Look): Promise<boolean> {
  const rows = await tx
    .update(stripeCustomers)
    .set({ written: number, writtenFrom: from })
    .where(and(eq(stripeCustomers.id, customerId), lt(stripeCustomers.written, number)))
    .returning({ id: stripeCustomers.id });
  return rows.length > 0;
}
