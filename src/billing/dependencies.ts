import type { AuditTrail } from '../audit/index.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Notify, NotifyAdministrators } from '../notifications/index.ts';

/** What the verbs of this module work with. */
export interface BillingDependencies {
  readonly config: Pick<Config, 'billing' | 'plans' | 'administrators'>;
  readonly database: Database;
  readonly trail: AuditTrail;
  readonly notify: Notify;
  readonly notifyAdministrators: NotifyAdministrators;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after somebody's grants have changed: what is remembered of plans is no longer true. */
  readonly plansChanged: () => void;
}

/** Of the dashboard: where all of this is shown. */
export const BILLING_PAGE = '/billing';
