import type {
  CommandAnswer,
  ContentAnswer,
  ContentCommand,
  UpstreamCommand,
} from '../../coordinator/contract/client.ts';
import { weightOf } from '../access/index.ts';
import { GatewayError } from '../kernel/errors.ts';
import type { CommandOptions } from './command-options.ts';
import { callContext, type Reader } from './read.ts';

interface WithOptions {
  readonly options: CommandOptions;
}

export type Command = Pick<UpstreamCommand, 'method' | 'path' | 'body' | 'commandId'> & WithOptions;

/**
 * Sends a command below the caller's own `/user/{id}`.
 * @throws GatewayError as the coordinator's client, with the member `command_id`, but command_outcome_unknown where the
 * coordinator itself failed: nobody can say whether it had sent the command (promise P6)
 */
export function sendCommand(reader: Reader, { options, ...command }: Command): Promise<CommandAnswer> {
  const call = { ...command, ...callOf(reader, options) };
  return namingCommand(command.commandId, () => reader.coordinator.command(call));
}

export type PassThroughCommand = Pick<
  ContentCommand,
  'method' | 'path' | 'query' | 'languages' | 'content' | 'commandId'
> &
  WithOptions;

/** The same, body and answer as they are. @throws as `sendCommand` */
export function sendContentCommand(
  reader: Reader,
  { options, ...command }: PassThroughCommand,
): Promise<CommandAnswer<ContentAnswer>> {
  const call = { ...command, ...callOf(reader, options) };
  return namingCommand(command.commandId, () => reader.coordinator.commandContent(call));
}

function callOf(reader: Reader, { idempotencyKey, respondAsync }: CommandOptions) {
  return {
    account: reader.caller.ajaxUserId,
    lane: 'command' as const,
    weight: weightOf(reader.caller.entitlement.plan),
    respondAsync,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...callContext(reader),
  };
}

async function namingCommand<T>(commandId: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const isFault = error.code === 'internal_error';
    throw ofCommand(isFault ? new GatewayError('command_outcome_unknown', { cause: error }) : error, {
      commandId,
      replayed: isOfEarlier(error, commandId),
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
