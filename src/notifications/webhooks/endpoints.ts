import { and, asc, desc, eq, lt } from 'drizzle-orm';
import type { Sql } from '../../db/client.ts';
import { GatewayError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Kind } from '../catalogue.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { lockSettings } from '../preferences.ts';
import { webhookDeliveries, webhookEndpoints } from '../table.ts';
import { secretContext } from './secret.ts';
import { newSecret } from './signature.ts';
import { type RefusedTarget, type TargetPolicy, targetOf } from './target.ts';

export type EndpointRow = typeof webhookEndpoints.$inferSelect;

/** Of one account. */
export const MOST_ENDPOINTS = 5;

export interface NewEndpoint {
  readonly url: string;
  readonly description: string;
  readonly kinds: readonly Kind[];
}

const own = (accountId: string, id: string) =>
  and(eq(webhookEndpoints.accountId, accountId), eq(webhookEndpoints.id, id));

export const listEndpoints = (sql: Sql, accountId: string): Promise<EndpointRow[]> =>
  sql
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.accountId, accountId))
    .orderBy(asc(webhookEndpoints.id));

/** @throws GatewayError webhook_not_found, also for one of another account */
export async function findEndpoint(sql: Sql, accountId: string, id: string): Promise<EndpointRow> {
  const [row] = await sql.select().from(webhookEndpoints).where(own(accountId, id));
  if (row === undefined) throw new GatewayError('webhook_not_found');
  return row;
}

const words: Readonly<Record<RefusedTarget, string>> = {
  no_url: 'Expected a URL starting with https://',
  not_https: 'Expected https://: what is sent is nobody else’s to read',
  credentials: 'Expected a URL without user and password',
  not_public: 'The address is not one of the internet',
};

/**
 * Refuses at once what would be refused at every delivery. A name that leads nowhere yet is no reason.
 * @throws GatewayError webhook_url_refused
 */
export async function checkUrl(url: string, policy: TargetPolicy): Promise<void> {
  const target = await targetOf(url, policy);
  if (target.kind === 'refused') throw new GatewayError('webhook_url_refused', { detail: words[target.why] });
}

/** @throws GatewayError webhook_limit_reached */
export async function createEndpoint(
  { clock, sealer }: Pick<NotificationDependencies, 'clock' | 'sealer'>,
  tx: Sql,
  accountId: string,
  endpoint: NewEndpoint,
): Promise<{ readonly row: EndpointRow; readonly secret: string }> {
  await lockSettings(tx, accountId);
  if ((await listEndpoints(tx, accountId)).length >= MOST_ENDPOINTS) {
    throw new GatewayError('webhook_limit_reached', {
      detail: `An account has at most ${MOST_ENDPOINTS} webhooks`,
    });
  }
  const id = newId(clock.now());
  const secret = newSecret();
  const [row] = await tx
    .insert(webhookEndpoints)
    .values({
      ...endpoint,
      ...{ id, accountId, enabled: true },
      secretSealed: await sealer.seal(secret, secretContext(id)),
      createdAt: new Date(clock.now()),
    })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for a webhook');
  return { row, secret };
}

export interface EndpointChange extends Partial<NewEndpoint> {
  readonly enabled?: boolean | undefined;
}

/** @throws GatewayError webhook_not_found */
export async function changeEndpoint(
  tx: Sql,
  accountId: string,
  id: string,
  { enabled, ...rest }: EndpointChange,
): Promise<EndpointRow> {
  // Only what is named: somebody else may be changing the rest.
  const change = {
    ...rest,
    // Switched on again by hand: what was wrong is taken for repaired.
    ...(enabled === undefined ? {} : { enabled, disabledReason: null }),
  };
  if (Object.keys(change).length === 0) return findEndpoint(tx, accountId, id);
  const [row] = await tx.update(webhookEndpoints).set(change).where(own(accountId, id)).returning();
  if (row === undefined) throw new GatewayError('webhook_not_found');
  return row;
}

/** @throws GatewayError webhook_not_found */
export async function replaceSecret(
  { sealer }: Pick<NotificationDependencies, 'sealer'>,
  tx: Sql,
  accountId: string,
  id: string,
): Promise<{ readonly row: EndpointRow; readonly secret: string }> {
  const secret = newSecret();
  const secretSealed = await sealer.seal(secret, secretContext(id));
  const [row] = await tx.update(webhookEndpoints).set({ secretSealed }).where(own(accountId, id)).returning();
  if (row === undefined) throw new GatewayError('webhook_not_found');
  return { row, secret };
}

/** With the log of its deliveries. @throws GatewayError webhook_not_found */
export async function deleteEndpoint(tx: Sql, accountId: string, id: string): Promise<EndpointRow> {
  const [row] = await tx.delete(webhookEndpoints).where(own(accountId, id)).returning();
  if (row === undefined) throw new GatewayError('webhook_not_found');
  return row;
}

/** Newest first. @throws GatewayError webhook_not_found */
export async function listDeliveries(
  sql: Sql,
  accountId: string,
  id: string,
  page: { readonly limit: number; readonly before?: string | undefined },
) {
  await findEndpoint(sql, accountId, id);
  return sql
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.endpointId, id),
        page.before === undefined ? undefined : lt(webhookDeliveries.id, page.before),
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(page.limit);
}
