import { gt, lt, or } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { MessageOf, ParamsOf } from './catalogue.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { mailKind } from './mail/send-mail.ts';
import { administratorsOf, createNotifyAdministrators, createShow, fanOutKind } from './notify.ts';
import { operatorAlerts } from './table.ts';
import { webhookKind } from './webhooks/deliver.ts';

/** Errors of the coordinator that somebody has to repair, and how administrators are told. */
const ofErrors = {
  operator_key_invalid: 'operator_key_invalid',
  upstream_throttled: 'upstream_throttled',
} as const satisfies Partial<Record<ErrorCode, MessageOf<'operator'>>>;

type Repeated = (typeof ofErrors)[keyof typeof ofErrors];

/** What repeats itself is said once in so long, whatever the number of gateways. */
const ONCE_PER_MS = 60 * 60_000;

const carriers: ReadonlySet<string> = new Set([fanOutKind.name, mailKind.name, webhookKind.name]);

interface FailedJobs {
  readonly kind: string;
  readonly count: number;
  /** When the newest of them failed, and why. */
  readonly lastAt: Date;
  readonly lastReason: string;
}

/** Tells administrators what the gateway learns by itself. Never fails, and nobody waits for it. */
export function createAlerts(deps: NotificationDependencies) {
  const { database, clock, log } = deps;
  const notifyAdministrators = createNotifyAdministrators(deps);
  const show = createShow(deps);
  /** Of this process, so that a flood of errors is not a flood of questions to the database. */
  const askedAt = new Map<Repeated, number>();

  const write = (work: () => Promise<void>) =>
    void work().catch((error: unknown) => log.warn({ error }, 'administrators could not be told'));

  /** Marks an alert as raised for `of`, unless one was within the last hour, or for what is not older. */
  async function mark(tx: Sql, alert: string, of: Date): Promise<boolean> {
    const before = new Date(Math.min(of.getTime(), clock.now() - ONCE_PER_MS));
    const [row] = await tx
      .insert(operatorAlerts)
      .values({ alert, raisedAt: of })
      .onConflictDoUpdate({
        target: operatorAlerts.alert,
        set: { raisedAt: of },
        // One of the future is of a clock that was wrong.
        setWhere: or(
          lt(operatorAlerts.raisedAt, before),
          gt(operatorAlerts.raisedAt, new Date(clock.now() + ONCE_PER_MS)),
        ),
      })
      .returning();
    return row !== undefined;
  }

  const raiseOnce = (alert: Repeated) =>
    database.run((sql) =>
      sql.transaction(async (tx) => {
        if (await mark(tx, alert, new Date(clock.now())))
          await notifyAdministrators(tx, 'operator', alert, {}, '/admin');
      }),
    );

  return {
    /** Of an error somebody was answered with. */
    alertOf(code: ErrorCode): void {
      if (!Object.hasOwn(ofErrors, code)) return;
      const alert = ofErrors[code as keyof typeof ofErrors];
      const now = clock.monotonic();
      if (now - (askedAt.get(alert) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
      askedAt.set(alert, now);
      write(() => raiseOnce(alert));
    },
    /**
     * Of background jobs that failed for good: once an hour and kind, and only once of each. Those that carry
     * notifications are told of in the dashboard only: what else it took would fail as well, and be told of again.
     * @returns whether it was told
     */
    async tellOfFailedJobs(tx: Sql, { kind, count, lastAt, lastReason }: FailedJobs): Promise<boolean> {
      if (!(await mark(tx, `jobs_failed:${kind}`, lastAt))) return false;
      const params = { job: kind, count, reason: lastReason };
      const link = '/admin?show=jobs';
      if (!carriers.has(kind)) {
        await notifyAdministrators(tx, 'operator', 'jobs_failed', params, link);
        return true;
      }
      for (const { account } of await administratorsOf(deps, tx)) {
        if (account !== undefined) await show(tx, account.accountId, 'operator', 'jobs_failed', params, link);
      }
      return true;
    },
    /** Of an act of one administrator, to all of them. */
    tellAdministrators<M extends 'upstream_stopped' | 'upstream_resumed'>(
      message: M,
      params: ParamsOf<'operator', M>,
    ): void {
      write(() =>
        database.run((sql) =>
          sql.transaction((tx) => notifyAdministrators(tx, 'operator', message, params, '/admin')),
        ),
      );
    },
  };
}
