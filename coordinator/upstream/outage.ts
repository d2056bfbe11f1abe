import type { SendResult } from '../../src/kernel/send-once.undici.ts';
import { isHubOffline } from '../contract/upstream.ts';

/** Statuses of Ajax, its proxies and a common CDN (520 to 527) that say that there is nobody behind them. */
const isAway = (status: number) =>
  status === 502 || status === 503 || status === 504 || (status >= 520 && status <= 527);

/**
 * Whether the end of a request speaks of Ajax as a whole. A 503 about an offline hub does not, nor does a 500, which one
 * odd request can bring about again and again.
 */
export function blamesUpstream(result: Exclude<SendResult, { kind: 'unwritten' }>): boolean {
  if (result.kind === 'unanswered') return result.reason !== 'too_large';
  if (!isAway(result.status)) return false;
  return !(result.status === 503 && isHubOffline(Buffer.from(result.body).toString()));
}
