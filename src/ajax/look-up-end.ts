import type { End } from '../audit/index.ts';
import type { Reader } from './read.ts';

/** How far a command has come that was answered with 202, as the audit trail says it. @throws as `receipt` */
export async function lookUpEnd(
  { coordinator, caller, facts }: Pick<Reader, 'coordinator' | 'caller' | 'facts'>,
  commandId: string,
  signal: AbortSignal,
): Promise<End> {
  const context = { correlationId: facts.correlationId, signal };
  const { outcome } = await coordinator.receipt(caller.ajaxUserId, commandId, context);
  return { outcome: outcome === 'pending' ? 'accepted' : outcome, statusCode: 202 };
}
