import type { CommandAnswer } from '../../coordinator/contract/client.ts';
import { upstreamArmingStarted } from '../../coordinator/contract/upstream.ts';
import { type AuditTrail, type End, forward } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { CommandOptions } from './command-options.ts';
import { findHub } from './find-hub.ts';
import { lookUpEnd } from './look-up-end.ts';
import type { Reader } from './read.ts';
import { ofCommand, sendCommand } from './send-command.ts';
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
  readonly options: CommandOptions;
}

export interface ArmResult {
  /**
   * `in_progress`: two-stage arming has started, nothing is armed yet. `accepted`: the command goes on without its
   * caller; the receipt tells how it ends.
   */
  readonly outcome: 'done' | 'in_progress' | 'accepted';
  readonly commandId: string;
  /** The answer is that of an earlier command, and nothing was sent. */
  readonly replayed: boolean;
}

const commands = ['DISARM', 'ARM', 'NIGHT_MODE_ON'] as const;
const actions = ['disarm', 'arm', 'night_mode_on'] as const;

/**
 * Arms or disarms a hub or one of its groups.
 * @throws GatewayError arming_refused with reasons, hub_offline, upstream_*, command_not_executed,
 * command_outcome_unknown, idempotency_key_*, all with the member `command_id`; database_unavailable (nothing sent)
 */
export async function setArmState(
  reader: Reader,
  { trail, clock, endpoint, options }: ArmContext,
  hubId: string,
  { state, groupId, ignoreProblems }: ArmRequest,
): Promise<ArmResult> {
  const { caller, facts } = reader;
  const { data: hub } = await findHub({ ...reader, lane: 'command' }, hubId);
  const commandId = newId(clock.now());
  const target = groupId === undefined ? [] : ['groups', groupId];
  const path = ['hubs', hub.hubId, ...target, 'commands', 'arming'];
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
      payload: { ...body, command_id: commandId },
      severity: state === 0 ? 'warning' : 'info',
    },
    endOf,
    lookUp: (result, signal) => lookUpEnd(reader, result.commandId, signal),
    send: async () => toResult(await sendCommand(reader, { method: 'PUT', path, body, commandId, options })),
  });
}

function endOf({ outcome, commandId, replayed }: ArmResult): End {
  const statusCode = outcome === 'done' ? 200 : 202;
  // The earlier command has a record of its own, and that one is followed.
  return replayed
    ? { outcome: 'replayed', statusCode, payload: { command_id: commandId } }
    : { outcome, statusCode };
}

/** @throws GatewayError what Ajax refused, and command_outcome_unknown for a 202 nobody can follow */
function toResult(sent: CommandAnswer): ArmResult {
  if (sent.kind === 'accepted') {
    return { outcome: 'accepted', commandId: sent.receipt.id, replayed: sent.replayed };
  }
  const { answer, commandId, replayed } = sent;
  if (answer.status === 204 || answer.status === 200) return { outcome: 'done', commandId, replayed };
  if (answer.status !== 202) throw ofCommand(upstreamError(answer, true), sent);
  if (upstreamArmingStarted.safeParse(answer.body).success) {
    return { outcome: 'in_progress', commandId, replayed };
  }
  const detail = 'Ajax accepted the command without saying how to follow it; read the state of the hub';
  throw ofCommand(new GatewayError('command_outcome_unknown', { detail }), sent);
}
