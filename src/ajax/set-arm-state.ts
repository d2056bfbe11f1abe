import { upstreamArmingStarted } from '../../coordinator/contract/upstream.ts';
import { type AuditTrail, forward } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/errors.ts';
import { findHub } from './find-hub.ts';
import type { Reader } from './read.ts';
import { sendCommand } from './send-command.ts';
import { upstreamError } from './upstream-error.ts';

export interface ArmRequest {
  /** 0 disarm, 1 arm, 2 night mode (of the hub only). */
  readonly state: 0 | 1 | 2;
  readonly groupId: string | undefined;
  readonly ignoreProblems: boolean;
}

export interface ArmContext {
  readonly trail: AuditTrail;
  readonly clock: Clock;
  /** Path as called, for the audit trail. */
  readonly endpoint: string;
}

export type ArmResult = 'done' | 'in_progress';

const commands = ['DISARM', 'ARM', 'NIGHT_MODE_ON'] as const;
const actions = ['disarm', 'arm', 'night_mode_on'] as const;

/**
 * Arms or disarms a hub or one of its groups. `in_progress`: two-stage arming has started, nothing is armed yet.
 * @throws GatewayError arming_refused with reasons, hub_offline, upstream_*, command_not_executed,
 * command_outcome_unknown, database_unavailable (nothing sent)
 */
export async function setArmState(
  reader: Reader,
  { trail, clock, endpoint }: ArmContext,
  hubId: string,
  { state, groupId, ignoreProblems }: ArmRequest,
): Promise<ArmResult> {
  const { caller, facts } = reader;
  const { data: hub } = await findHub({ ...reader, lane: 'command' }, hubId);
  const target = groupId === undefined ? [] : ['groups', groupId];
  const body = { command: commands[state], ignoreProblems };
  return forward({
    trail,
    clock,
    facts,
    actor: caller,
    action: {
      action: `${groupId === undefined ? 'hub' : 'group'}.${actions[state]}`,
      method: 'POST',
      endpoint,
      resourceId: groupId === undefined ? hub.hubId : `${hub.hubId}/${groupId}`,
      payload: body,
      severity: state === 0 ? 'warning' : 'info',
    },
    endOf: (result) => ({ outcome: result, statusCode: result === 'done' ? 200 : 202 }),
    send: async () => {
      const path = ['hubs', hub.hubId, ...target, 'commands', 'arming'];
      const answer = await sendCommand(reader, 'PUT', path, body);
      if (answer.status === 204 || answer.status === 200) return 'done';
      if (answer.status !== 202) throw upstreamError(answer, true);
      if (upstreamArmingStarted.safeParse(answer.body).success) return 'in_progress';
      throw new GatewayError('command_outcome_unknown', {
        detail: 'Ajax accepted the command without saying how to follow it; read the state of the hub',
      });
    },
  });
}
