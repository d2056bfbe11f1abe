import type { Config } from '../config.ts';
import type { Sql } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import { createKeyedHash } from '../kernel/crypto.ts';
import { newId } from '../kernel/ids.ts';
import type { Notify } from '../notifications/index.ts';
import { BILLING_PAGE } from './dependencies.ts';
import { DAY_MS } from './entitlement.ts';
import { grants, trials } from './table.ts';
import { tellPlan } from './tell-plan.ts';

export interface NewAccount {
  readonly accountId: string;
  readonly ajaxUserId: string;
}

/** Begins the trial of an account at its first sign-in, in that transaction; nothing happens where there is none. */
export type StartTrial = (tx: Sql, account: NewAccount) => Promise<void>;

export interface TrialOptions {
  readonly config: Pick<Config, 'billing' | 'plans'>;
  readonly clock: Clock;
  readonly secretKey: string;
  readonly notify: Notify;
}

/**
 * One trial per Ajax account, for ever: whoever deletes the account here and signs in again has had it. What is kept for
 * that is a keyed hash, which tells nobody whose it is.
 */
export async function createTrials({ secretKey, ...deps }: TrialOptions): Promise<StartTrial> {
  const { config, clock, notify } = deps;
  const hash = await createKeyedHash(secretKey, 'gateway:trials');
  return async (tx, { accountId, ajaxUserId }) => {
    const { trial } = config.billing;
    if (trial === undefined) return;
    const from = new Date(clock.now());
    const key = await hash(ajaxUserId.toLowerCase());
    const first = await tx
      .insert(trials)
      .values({ key, startedAt: from })
      .onConflictDoNothing()
      .returning({ key: trials.key });
    if (first.length === 0) return;
    const until = new Date(from.getTime() + trial.days * DAY_MS);
    await tx.insert(grants).values({
      ...{ id: newId(from.getTime()), accountId, plan: trial.plan, source: 'trial', from, until },
    });
    const told = { plan: trial.plan, until: until.toISOString() };
    await notify(tx, accountId, 'plan_change', 'trial_started', told, BILLING_PAGE);
    await tellPlan(deps, tx, accountId, { isSaid: true });
  };
}
