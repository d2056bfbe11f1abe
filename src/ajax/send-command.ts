import type { UpstreamAnswer } from '../../coordinator/contract/client.ts';
import { GatewayError } from '../kernel/errors.ts';
import { callContext, type Reader } from './read.ts';

/**
 * Sends a command below the caller's own `/user/{id}`.
 * @throws GatewayError as the coordinator's client, but command_outcome_unknown where the coordinator itself failed:
 * nobody can say whether it had sent the command (promise P6)
 */
export async function sendCommand(
  reader: Reader,
  method: 'POST' | 'PUT',
  path: readonly string[],
  body: unknown,
): Promise<UpstreamAnswer> {
  try {
    return await reader.coordinator.call({
      account: reader.caller.ajaxUserId,
      method,
      path,
      body,
      lane: 'command',
      ...callContext(reader),
    });
  } catch (error) {
    const isFault = error instanceof GatewayError && error.code === 'internal_error';
    throw isFault ? new GatewayError('command_outcome_unknown', { cause: error }) : error;
  }
}
