import { answerOf, inEnglish, type Reading, type ReadOptions, read } from './answer.ts';
import type { Client } from './client.ts';
import type { NewWebhook, Webhook, WebhookDelivery, WebhookWithSecret } from './types.ts';

export interface WebhookCalls {
  list(options?: ReadOptions): Promise<Reading<readonly Webhook[]>>;
  /** The only answer, with `replaceSecret`, that carries the secret. */
  create(webhook: NewWebhook): Promise<WebhookWithSecret>;
  setEnabled(id: string, enabled: boolean): Promise<Webhook>;
  replaceSecret(id: string): Promise<WebhookWithSecret>;
  /** Accepted, not sent yet: the deliveries tell how it went. */
  test(id: string): Promise<WebhookDelivery>;
  /** Newest first. */
  deliveries(id: string, options?: ReadOptions): Promise<Reading<readonly WebhookDelivery[]>>;
  remove(id: string): Promise<Webhook>;
}

/** Deliveries shown of one webhook. */
const MOST_DELIVERIES = '20';

export function createWebhookCalls({ webhooks }: Client): WebhookCalls {
  const one = webhooks[':id'];
  return {
    list: (options) => read(webhooks.$get({}, inEnglish(options))),
    create: (json) => answerOf(webhooks.$post({ json })),
    setEnabled: (id, enabled) => answerOf(one.$patch({ param: { id }, json: { enabled } })),
    replaceSecret: (id) => answerOf(one.secret.$post({ param: { id } })),
    test: (id) => answerOf(one.test.$post({ param: { id } }, inEnglish())),
    deliveries: (id, options) =>
      read(one.deliveries.$get({ param: { id }, query: { limit: MOST_DELIVERIES } }, inEnglish(options))),
    remove: (id) => answerOf(one.$delete({ param: { id } })),
  };
}
