import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { jobKind } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../kernel/ids.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import type { NotificationRow } from '../read.ts';
import { webhookDeliveries, webhookEndpoints } from '../table.ts';
import { textOf } from '../texts/index.ts';
import type { Language } from '../texts/words.ts';

/** About a day: 10 s, 20 s, ... 6 h, 6 h, 6 h. */
export const webhookKind = jobKind({
  name: 'webhook.send',
  data: z.object({ delivery: z.uuid() }),
  retry: { limit: 13, delaySeconds: 10, maxDelaySeconds: 6 * 3_600 },
  timeoutSeconds: 60,
  concurrency: 4,
  // An address that never answers takes 10 s each time: no account's may keep those of others waiting.
  onePerGroup: true,
});

type Delivering = Pick<NotificationDependencies, 'clock' | 'enqueue'>;
type Told = Pick<NotificationRow, 'id' | 'accountId' | 'kind' | 'message' | 'params' | 'link' | 'createdAt'>;
type Endpoint = Pick<typeof webhookEndpoints.$inferSelect, 'id' | 'accountId'>;

/** To every endpoint of the account that wants this kind. */
export async function deliverToWebhooks(
  deps: Delivering,
  tx: Sql,
  told: Told,
  language: Language,
): Promise<void> {
  const endpoints = await tx
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.accountId, told.accountId), eq(webhookEndpoints.enabled, true)));
  for (const endpoint of endpoints) {
    if (endpoint.kinds.includes(told.kind)) await deliver(deps, tx, endpoint, told, language);
  }
}

/** Writes down what is sent, and has it sent. @returns the delivery */
export async function deliver(
  { clock, enqueue }: Delivering,
  tx: Sql,
  endpoint: Endpoint,
  told: Told,
  language: Language,
) {
  const type = `${told.kind}.${told.message}`;
  const text = textOf(language, told.kind, told.message, told.params);
  const [row] = await tx
    .insert(webhookDeliveries)
    .values({
      id: newId(clock.now()),
      endpointId: endpoint.id,
      accountId: endpoint.accountId,
      type,
      body: JSON.stringify({
        type,
        timestamp: told.createdAt.toISOString(),
        data: { id: told.id, title: text.title, message: text.message, params: told.params, link: told.link },
      }),
      state: 'pending',
      createdAt: new Date(clock.now()),
    })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for a delivery');
  await enqueue(tx, webhookKind, { delivery: row.id }, { group: endpoint.accountId });
  return row;
}
