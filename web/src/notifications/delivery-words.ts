import type { Webhook, WebhookDelivery } from '../api/types.ts';
import { writeMoment } from '../design/time.ts';

/** Whether a webhook works, and since when not. */
export function writeWebhookState({ enabled, disabled_reason, last_delivered_at }: Webhook): string {
  if (!enabled) {
    if (disabled_reason === 'failing') return 'Switched off by itself: nothing could be delivered';
    if (disabled_reason === 'gone') return 'Switched off by itself: the address says it is gone (410)';
    return 'Switched off';
  }
  return last_delivered_at
    ? `On, last delivered ${writeMoment(last_delivered_at)}`
    : 'On, nothing delivered yet';
}

const errorWords: Readonly<Record<string, string>> = {
  timeout: 'no answer in time',
  connection: 'no connection',
  certificate: 'its certificate is not valid',
  name_not_found: 'the name leads nowhere',
  not_public: 'the address is not public',
  not_https: 'the address is not HTTPS',
};

/** "Delivered (200, 45 ms)", "Failed after 8 attempts: no connection". */
export function writeDelivery(delivery: WebhookDelivery): string {
  const { state, attempts, response_status, error, duration_ms } = delivery;
  if (state === 'delivered') return `Delivered (${response_status ?? '?'}, ${duration_ms ?? '?'} ms)`;
  if (state === 'skipped') return 'Not sent: the webhook was off';
  const why = error === 'status' ? `answered ${response_status}` : (errorWords[error ?? ''] ?? error);
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  if (state === 'failed') return `Failed after ${times}: ${why}`;
  return attempts === 0 ? 'On its way' : `Tried again soon: ${why}`;
}
