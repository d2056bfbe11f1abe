import type { CallContext, CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { Receipt } from '../../coordinator/contract/messages.ts';
import { type AuditTrail, forward } from '../audit/index.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RequestFacts } from '../kernel/context.ts';

export interface CancelContext {
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly caller: Caller;
  readonly facts: RequestFacts;
  /** Path as called, for the audit trail. */
  readonly endpoint: string;
  readonly call: CallContext;
}

/**
 * Takes a command of the caller out of the line: it is `not_executed` then. No command by itself: nothing goes to Ajax.
 * @throws GatewayError command_not_found, command_already_sent, coordinator_unavailable, storage_unavailable;
 * database_unavailable (nothing cancelled)
 */
export async function cancelCommand(
  { coordinator, trail, clock, caller, facts, endpoint, call }: CancelContext,
  id: string,
): Promise<Receipt> {
  return forward({
    trail,
    clock,
    facts,
    actor: caller,
    action: { action: 'command.cancel', method: 'DELETE', endpoint, resourceId: id, severity: 'warning' },
    // The coordinator may have cancelled it before it was lost.
    saysNothing: ['coordinator_unavailable', 'storage_unavailable'],
    endOf: () => ({ outcome: 'done', statusCode: 200 }),
    send: () => coordinator.cancelCommand(caller.ajaxUserId, id, call),
  });
}
