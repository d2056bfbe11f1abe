/** The worker as a process of its own, killed in the middle of its jobs, on both runtimes. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { composeModules } from '../../src/compose.ts';
import { parseConfig } from '../../src/config.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { accounts } from '../../src/identity/table.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createSealer } from '../../src/kernel/crypto.ts';
import { newId } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { outgoingMails, webhookDeliveries, webhookEndpoints } from '../../src/notifications/table.ts';
import { prepareJobs } from '../../src/worker/index.ts';
import { type MailServer, refusal, startMailServer } from '../support/mail-server.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const SECRET_KEY = 'a test secret of more than 32 characters';

let postgres: TestPostgres;
let mails: MailServer;
let hooks: WebhookReceiver;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  [postgres, mails, hooks] = [await startPostgres(), await startMailServer(), await startWebhookReceiver()];
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await hooks.close();
  await mails.close();
  await postgres.stop();
});

const env = () => ({
  DATABASE_URL: postgres.url,
  SECRET_KEY,
  COORDINATOR_URL: 'http://127.0.0.1:9',
  COORDINATOR_SECRET: 'a secret of the coordinator',
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: String(mails.port),
  SMTP_TLS: 'false',
  SMTP_FROM_EMAIL: 'gateway@example.com',
  WEBHOOKS_ALLOW_PRIVATE: 'true',
});

async function startWorker(runtime: 'node' | 'deno'): Promise<ChildProcess> {
  const child = await startWorkerProcess(runtime, { ...env(), WORKER: 'false' });
  children.add(child);
  return child;
}

it('does again what a killed one was doing, and nothing is lost or told twice', {
  timeout: 240_000,
}, async () => {
  const database = await openPostgres(postgres.url, prepareJobs);
  const config = parseConfig({ ...env(), WORKER: 'false' });
  const modules = await composeModules({
    ...{ config, database, clock: systemClock, log: silentLog, secretKey: SECRET_KEY, accountsOf: 'live' },
  });
  const [accountId, endpointId] = [newId(), newId()];
  await database.sql.insert(accounts).values({
    ...{ id: accountId, ajaxUserId: 'user', email: 'owner@example.com', upstream: 'live' },
  });
  const sealer = await createSealer(SECRET_KEY, 'gateway:webhook-secrets');
  await database.sql.insert(webhookEndpoints).values({
    ...{ id: endpointId, accountId, url: hooks.url, description: '', kinds: ['payment'], enabled: true },
    secretSealed: await sealer.seal('whsec_AAAA', `webhook:${endpointId}`),
  });
  // Both jobs hang in their middle: the mail before the server has taken it, the webhook before it is answered.
  const { promise: killed, resolve: afterKill } = Promise.withResolvers<void>();
  let taken = 0;
  mails.gate = async () => {
    if (taken++ > 0) return;
    await killed;
    throw refusal(451, 'Whoever sent this is dead');
  };
  hooks.answer = 'hang';

  const first = await startWorker('node');
  await database.sql.transaction((tx) =>
    modules.notifications.notify(tx, accountId, 'payment', 'refunded', { amount: 1, currency: 'EUR' }),
  );
  await until(() => taken > 0 && hooks.received.length > 0);
  first.kill('SIGKILL');
  afterKill();
  hooks.answer = { status: 200 };

  const second = await startWorker('deno');
  const [mail] = await until(async () => {
    const rows = await database.sql.select().from(outgoingMails);
    return rows.every(({ sentAt }) => sentAt !== null) && rows.length > 0 && rows;
  }, 120_000);
  const [delivery] = await until(async () => {
    const rows = await database.sql.select().from(webhookDeliveries);
    return rows.every(({ state }) => state === 'delivered') && rows.length > 0 && rows;
  }, 120_000);
  expect(mails.received.map(({ to }) => to)).toEqual(['owner@example.com']);
  expect(mail).toMatchObject({ attempts: 2 });
  expect(new Set(hooks.received.map(({ headers }) => headers['webhook-id']))).toEqual(
    new Set([delivery?.id]),
  );
  expect(await database.sql.select().from(outgoingMails)).toHaveLength(1);
  expect(await database.sql.select().from(webhookDeliveries)).toHaveLength(1);

  // Asked politely it ends by itself.
  const ended = new Promise<number | null>((resolve) => second.once('exit', resolve));
  second.kill('SIGTERM');
  expect(await ended).toBe(0);
  await modules.worker.stop();
  await database.close();
});
