import type { CommandAnswer, UpstreamCommand } from '../../coordinator/contract/client.ts';
import { weightOf } from '../access/index.ts';
import { GatewayError } from '../kernel/errors.ts';
import type { CommandOptions } from './command-options.ts';
import { callContext, type Reader } from './read.ts';

export interface Command extends Pick<UpstreamCommand, 'method' | 'path' | 'body' | 'commandId'> {
  readonly options: CommandOptions;
}

/**
 * Sends a command below the caller's own `/user/{id}`.
 * @throws GatewayError as the coordinator's client, with the member `command_id`, but command_outcome_unknown where the
 * coordinator itself failed: nobody can say whether it had sent the command (promise P6)
 */
export async function sendCommand(reader: Reader, { options, ...command }: Command): Promise<CommandAnswer> {
  const { idempotencyKey, respondAsync } = options;
  try {
    return await reader.coordinator.command({
      ...command,
      account: reader.caller.ajaxUserId,
      lane: 'command',
      weight: weightOf(reader.caller.entitlement.plan),
      respondAsync,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...callContext(reader),
    });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const isFault = error.code === 'internal_error';
    throw ofCommand(isFault ? new GatewayError('command_outcome_unknown', { cause: error }) : error, {
      commandId: command.commandId,
      replayed: isOfEarlier(error, command.commandId),
    });
  }
}

/** An end that the coordinator tells of another command than the one it was given is that of an earlier one. */
const isOfEarlier = ({ code, extras }: GatewayError, commandId: string): boolean =>
  (code === 'command_outcome_unknown' || code === 'command_not_executed') &&
  (extras.members?.command_id ?? commandId) !== commandId;

/** The error with the id of its command, unless the coordinator named another one, and the mark of a replay. */
export function ofCommand(
  { code, extras }: GatewayError,
  { commandId, replayed }: { readonly commandId: string; readonly replayed: boolean },
): GatewayError {
  return new GatewayError(code, {
    ...extras,
    members: { command_id: commandId, ...extras.members },
    headers: { ...extras.headers, ...(replayed ? { 'idempotency-replayed': 'true' } : {}) },
  });
}
