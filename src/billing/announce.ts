import type { AuditTrail } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { Announce } from './stripe/dependencies.ts';

export interface AnnounceDependencies {
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes what payments have changed into the trail of the account, and what the operator has to look at into the log too. */
export function createAnnounce({ trail, clock, log }: AnnounceDependencies): Announce {
  return async (tx, accountId, { kind, ...payload }) => {
    const isAlert = kind === 'alert';
    if (isAlert) log.error(payload, 'a payment needs a look of the operator');
    await trail.event(
      tx,
      {
        ...{ action: `billing.${kind}`, method: 'POST', endpoint: '/api/v1/billing/webhook', payload },
        severity: isAlert ? 'critical' : kind === 'payment_overdue' ? 'warning' : 'info',
      },
      {
        ...{
          correlationId: newId(clock.now()),
          clientAddress: '',
          userAgent: '',
          arrivedAt: 0,
          secure: false,
        },
      },
      // Nobody's session has done it.
      accountId === undefined ? undefined : { accountId, sessionId: null },
      { outcome: 'done', statusCode: 200 },
    );
  };
}
