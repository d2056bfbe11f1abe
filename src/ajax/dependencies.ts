import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';

/** What the verbs of this module work with. */
export interface AjaxDependencies {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
}
