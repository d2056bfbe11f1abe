import { and, asc, gt, lte } from 'drizzle-orm';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, jobKind } from '../db/background.ts';
import type { BillingDependencies } from './dependencies.ts';
import { toldPlans } from './table.ts';
import { type TellingDependencies, tellPlan } from './tell-plan.ts';

type TurnsDependencies = TellingDependencies & Pick<BillingDependencies, 'database' | 'log'>;

const turnsKind = jobKind({ name: 'billing.turns', data: z.object({}) });

/** Read at once. */
const PAGE = 100;

/**
 * Every minute, tells those whose plan has ended or begun because time has passed. It only tells: the plan itself ends
 * to the millisecond without it.
 */
export function turnsJob(deps: TurnsDependencies): BackgroundJob {
  const { database, clock, log } = deps;

  async function tell(accountId: string): Promise<void> {
    try {
      await database.run((sql) => sql.transaction((tx) => tellPlan(deps, tx, accountId)));
    } catch (error) {
      // It stays due: the next minute tries again, and nobody else waits for it.
      log.error({ err: error, accountId }, 'An account could not be told of its plan');
    }
  }

  return backgroundJob(turnsKind, {
    schedule: '* * * * *',
    async handle(_data, { signal }) {
      const now = new Date(clock.now());
      let after = '00000000-0000-0000-0000-000000000000';
      while (!signal.aborted) {
        const due = await database.run((sql) =>
          sql
            .select({ accountId: toldPlans.accountId })
            .from(toldPlans)
            .where(and(lte(toldPlans.dueAt, now), gt(toldPlans.accountId, after)))
            .orderBy(asc(toldPlans.accountId))
            .limit(PAGE),
        );
        for (const { accountId } of due) await tell(accountId);
        const last = due.at(-1);
        if (last === undefined || due.length < PAGE) return;
        after = last.accountId;
      }
    },
  });
}
