import { lt } from 'drizzle-orm';
import type { ErrorCode } from '../kernel/errors.ts';
import type { MessageOf, ParamsOf } from './catalogue.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { createNotifyAdministrators } from './notify.ts';
import { operatorAlerts } from './table.ts';

/** Errors of the coordinator that somebody has to repair, and how administrators are told. */
const ofErrors = {
  operator_key_invalid: 'operator_key_invalid',
  upstream_throttled: 'upstream_throttled',
} as const satisfies Partial<Record<ErrorCode, MessageOf<'operator'>>>;

type Repeated = (typeof ofErrors)[keyof typeof ofErrors];

/** What repeats itself is said once in so long, whatever the number of gateways. */
const ONCE_PER_MS = 60 * 60_000;

/** Tells administrators what the gateway learns by itself. Never fails, and nobody waits for it. */
export function createAlerts(deps: NotificationDependencies) {
  const { database, clock, log } = deps;
  const notifyAdministrators = createNotifyAdministrators(deps);
  /** Of this process, so that a flood of errors is not a flood of questions to the database. */
  const askedAt = new Map<Repeated, number>();

  const write = (work: () => Promise<void>) =>
    void work().catch((error: unknown) => log.warn({ error }, 'administrators could not be told'));

  async function raiseOnce(alert: Repeated): Promise<void> {
    const now = clock.now();
    await database.run((sql) =>
      sql.transaction(async (tx) => {
        const [row] = await tx
          .insert(operatorAlerts)
          .values({ alert, raisedAt: new Date(now) })
          .onConflictDoUpdate({
            target: operatorAlerts.alert,
            set: { raisedAt: new Date(now) },
            setWhere: lt(operatorAlerts.raisedAt, new Date(now - ONCE_PER_MS)),
          })
          .returning();
        if (row !== undefined) await notifyAdministrators(tx, 'operator', alert, {}, '/admin');
      }),
    );
  }

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
