import { eq, sql as raw } from 'drizzle-orm';
import { type BackgroundJob, backgroundJob, type JobContext } from '../../db/background.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { createNotify } from '../notify.ts';
import { webhookDeliveries, webhookEndpoints } from '../table.ts';
import { webhookKind } from './deliver.ts';
import { secretContext } from './secret.ts';
import { sendWebhook } from './send-webhook.undici.ts';
import { signatureHeaders } from './signature.ts';
import { type TargetPolicy, targetOf } from './target.ts';

const TIMEOUT_MS = 10_000;

interface Attempt {
  readonly status?: number;
  /** undefined: delivered. */
  readonly error?: string;
}

/** Sends one webhook. Failures are the endpoint's: they are in its log, and no dead letters. */
export function webhookJob(deps: NotificationDependencies, policy: TargetPolicy): BackgroundJob {
  const { database, clock, sealer } = deps;
  const notify = createNotify(deps);

  const find = (id: string) =>
    database.run(async (sql) => {
      const [found] = await sql
        .select()
        .from(webhookDeliveries)
        .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, webhookDeliveries.endpointId))
        .where(eq(webhookDeliveries.id, id));
      return found && { delivery: found.webhook_deliveries, endpoint: found.webhook_endpoints };
    });
  type Found = NonNullable<Awaited<ReturnType<typeof find>>>;

  async function attempt({ delivery, endpoint }: Found, signal: AbortSignal): Promise<Attempt> {
    const target = await targetOf(endpoint.url, policy);
    if (target.kind === 'refused') return { error: target.why };
    if (target.kind === 'unknown') return { error: 'name_not_found' };
    const secret = await sealer.open(endpoint.secretSealed, secretContext(endpoint.id));
    const timestamp = Math.floor(clock.now() / 1000);
    const { id, body } = delivery;
    try {
      const status = await sendWebhook({
        url: target.url,
        address: target.address,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'AjaxSecurFlow-Webhooks',
          ...signatureHeaders(secret, id, timestamp, body),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return status >= 200 && status < 300 ? { status } : { status, error: 'status' };
    } catch (error) {
      return { error: wordFor(error) };
    }
  }

  /** What became of it, and what follows for the endpoint, with the end of the job where it is one. */
  async function write(
    { delivery, endpoint }: Found,
    { status, error }: Attempt,
    durationMs: number,
    { isLast, finish }: JobContext,
  ): Promise<'ended' | 'again'> {
    // 410: whoever is there says that nobody wants it any longer (Standard Webhooks).
    const isGone = status === 410;
    const ends = error === undefined || isLast || isGone;
    const now = new Date(clock.now());
    await database.run((sql) =>
      sql.transaction(async (tx) => {
        await tx
          .update(webhookDeliveries)
          .set({
            attempts: raw`${webhookDeliveries.attempts} + 1`,
            responseStatus: status ?? null,
            error: error ?? null,
            durationMs: Math.round(durationMs),
            ...(ends
              ? { state: error === undefined ? ('delivered' as const) : ('failed' as const), endedAt: now }
              : {}),
          })
          .where(eq(webhookDeliveries.id, delivery.id));
        if (error === undefined) {
          await tx
            .update(webhookEndpoints)
            .set({ lastDeliveredAt: now })
            .where(eq(webhookEndpoints.id, endpoint.id));
        } else if (ends) {
          // Locked: what is decided here is decided once.
          const [current] = await tx
            .select()
            .from(webhookEndpoints)
            .where(eq(webhookEndpoints.id, endpoint.id))
            .for('update');
          const worksOtherwise =
            current?.lastDeliveredAt != null && current.lastDeliveredAt > delivery.createdAt;
          if (current?.enabled && (isGone || !worksOtherwise)) {
            await tx
              .update(webhookEndpoints)
              .set({ enabled: false, disabledReason: isGone ? 'gone' : 'failing' })
              .where(eq(webhookEndpoints.id, endpoint.id));
            await notify(
              tx,
              endpoint.accountId,
              'webhook',
              'disabled',
              { url: endpoint.url },
              '/notifications',
            );
          }
        }
        if (ends) await finish(tx);
      }),
    );
    return ends ? 'ended' : 'again';
  }

  return backgroundJob(webhookKind, {
    async handle({ delivery: id }, context) {
      const found = await find(id);
      // Removed with its endpoint.
      if (found === undefined || found.delivery.state !== 'pending') return;
      if (!found.endpoint.enabled) {
        await database.run((sql) =>
          sql
            .update(webhookDeliveries)
            .set({ state: 'skipped', endedAt: new Date(clock.now()) })
            .where(eq(webhookDeliveries.id, id)),
        );
        return;
      }
      const startedAt = clock.monotonic();
      const result = await attempt(found, context.signal);
      // Given back: says nothing about the endpoint.
      context.signal.throwIfAborted();
      const then = await write(found, result, clock.monotonic() - startedAt, context);
      if (then === 'again') throw new Error(`The endpoint did not take it: ${result.status ?? result.error}`);
    },
  });
}

/** A word for the log of deliveries; addresses and texts of errors are nothing an account has to know. */
function wordFor(error: unknown): string {
  const { name, code } = error as { name?: string; code?: unknown };
  if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT')
    return 'timeout';
  if (typeof code !== 'string') return 'connection';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO)/.test(code)) return 'certificate';
  return 'connection';
}
