import { eq, sql as raw } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { webhookDeliveries, webhookEndpoints } from '../../../src/notifications/table.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/until.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

interface Hook {
  id: string;
  secret: string;
  enabled: boolean;
  disabled_reason: string | null;
}
interface Delivery {
  id: string;
  state: string;
  attempts: number;
  response_status: number | null;
  error: string | null;
}

const PATH = '/api/v1/webhooks';
let receiver: WebhookReceiver;
let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;
let accountId: string;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  gateway = await createTestGateway({ env: { WEBHOOKS_ALLOW_PRIVATE: 'true' } });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
  accountId = (await owner.json<{ id: string }>('/api/v1/auth/me')).id;
});
afterAll(async () => {
  await gateway.close();
  await receiver.close();
});
afterEach(async () => {
  await gateway.database.run((sql) => sql.delete(webhookEndpoints));
  await gateway.database.run((sql) => sql.execute(raw`delete from pgboss.job where name = 'webhook.send'`));
  receiver.received.splice(0);
  receiver.answer = { status: 200 };
});

const post = (who: SignedInClient, path: string, body?: unknown) =>
  who.fetch(`${PATH}${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const patch = (who: SignedInClient, id: string, body: unknown) =>
  who.fetch(`${PATH}/${id}`, { method: 'PATCH', body: JSON.stringify(body) });
async function create(kinds: readonly string[] = ['voucher', 'webhook'], who = owner): Promise<Hook> {
  const response = await post(who, '', { url: receiver.url, kinds });
  expect(response.status).toBe(201);
  return (await response.json()) as Hook;
}
const tell = () =>
  gateway.database.run((sql) =>
    sql.transaction((tx) =>
      gateway.notifications.notify(
        tx,
        accountId,
        'voucher',
        'redeemed',
        { plan: 'pro', days: 30, until: '2026-09-01T10:00:00.000Z' },
        '/billing',
      ),
    ),
  );
const arrived = (count = 1) => until(() => receiver.received.length >= count && [...receiver.received]);
const deliveries = (id: string) => owner.json<Delivery[]>(`${PATH}/${id}/deliveries`);
const ended = (id: string) =>
  until(async () => (await deliveries(id)).find(({ state }) => state !== 'pending'));
/** As many attempts as it takes would take a day. */
const makeLastAttempt = () =>
  gateway.database.run((sql) =>
    sql.execute(
      raw`update pgboss.job set retry_limit = retry_count, start_after = now() where name = 'webhook.send' and state = 'retry'`,
    ),
  );
const waiting = (count: number) =>
  until(async () => {
    const { rows } = await gateway.database
      .openStatements()
      .execute("select id from pgboss.job where name = 'webhook.send' and state = 'retry'");
    return rows.length >= count;
  });
const hooks = () => owner.json<Hook[]>(PATH);
const auditOf = async () =>
  (await owner.json<{ action: string; payload: unknown }[]>('/api/v1/security/audit-logs?limit=1'))[0];

describe('a webhook', () => {
  it('gets what its account is told, signed so that the published library believes it', async () => {
    const hook = await create();
    await tell();
    const [got] = await arrived();
    expect(got?.path).toBe('/hook?a=b');
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      host: new URL(receiver.url).host,
    });
    const clockSkew = Number(got?.headers['webhook-timestamp']) * 1000 - Date.now();
    // The clock of the test stands where it likes; the library compares with that of the machine.
    const verifier = new Webhook(hook.secret);
    const now: Record<string, string> = {
      ...got?.headers,
      'webhook-timestamp': got?.headers['webhook-timestamp'] ?? '',
    };
    if (Math.abs(clockSkew) < 300_000) verifier.verify(got?.body ?? '', now);
    expect(
      verifier.sign(
        now['webhook-id'] ?? '',
        new Date(Number(now['webhook-timestamp']) * 1000),
        got?.body ?? '',
      ),
    ).toBe(got?.headers['webhook-signature']);
    const body = JSON.parse(got?.body ?? '') as { type: string; data: Record<string, unknown> };
    expect(body).toEqual({
      type: 'voucher.redeemed',
      timestamp: expect.any(String),
      data: {
        id: expect.any(String),
        title: 'Voucher redeemed',
        message: 'Pro for 30 days, until 1 September 2026 at 10:00 UTC.',
        params: { plan: 'pro', days: 30, until: '2026-09-01T10:00:00.000Z' },
        link: '/billing',
      },
    });
    expect(await ended(hook.id)).toMatchObject({
      id: got?.headers['webhook-id'],
      state: 'delivered',
      attempts: 1,
      response_status: 200,
      error: null,
    });
  });

  it('gets only the kinds it wants, and nothing while it is switched off', async () => {
    const other = await create(['security']);
    const off = await create();
    expect(await (await patch(owner, off.id, { enabled: false })).json()).toMatchObject({ enabled: false });
    const on = await create();
    await tell();
    await ended(on.id);
    expect(receiver.received).toHaveLength(1);
    expect(await deliveries(other.id)).toEqual([]);
    expect(await deliveries(off.id)).toEqual([]);
  });

  it('is tried again with the same id until it answers 2xx', { timeout: 60_000 }, async () => {
    receiver.answer = { status: 503 };
    const hook = await create();
    await tell();
    await until(async () => (await deliveries(hook.id))[0]?.attempts === 1);
    expect((await deliveries(hook.id))[0]).toMatchObject({
      state: 'pending',
      error: 'status',
      response_status: 503,
    });
    receiver.answer = { status: 204 };
    await gateway.database.run((sql) =>
      sql.execute(raw`update pgboss.job set start_after = now() where name = 'webhook.send'`),
    );
    expect(await ended(hook.id)).toMatchObject({ state: 'delivered', attempts: 2, error: null });
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
  });

  it('follows no redirect', async () => {
    receiver.answer = { status: 302, headers: { location: receiver.url.replace('/hook', '/elsewhere') } };
    const hook = await create();
    expect((await post(owner, `/${hook.id}/test`)).status).toBe(202);
    await until(async () => (await deliveries(hook.id))[0]?.attempts === 1);
    expect((await deliveries(hook.id))[0]).toMatchObject({ error: 'status', response_status: 302 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook?a=b']);
  });

  it('reads only the beginning of an answer without an end', async () => {
    receiver.answer = 'endless';
    const hook = await create();
    await post(owner, `/${hook.id}/test`);
    expect(await ended(hook.id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  it('gives up waiting for an answer after 10 s', { timeout: 60_000 }, async () => {
    receiver.answer = 'hang';
    const hook = await create();
    await post(owner, `/${hook.id}/test`);
    const first = await until(async () => (await deliveries(hook.id)).find(({ attempts }) => attempts === 1));
    expect(first).toMatchObject({ state: 'pending', error: 'timeout', response_status: null });
  });

  it('is switched off when a delivery failed in every attempt, and its owner is told once', {
    timeout: 90_000,
  }, async () => {
    receiver.answer = { status: 500 };
    const hook = await create(['voucher']);
    await post(owner, `/${hook.id}/test`);
    await post(owner, `/${hook.id}/test`);
    await until(async () => (await deliveries(hook.id)).every(({ attempts }) => attempts === 1));
    await waiting(2);
    await makeLastAttempt();
    await until(async () => (await hooks())[0]?.enabled === false);
    expect((await hooks())[0]).toMatchObject({ disabled_reason: 'failing' });
    await until(async () => (await deliveries(hook.id)).every(({ state }) => state !== 'pending'), 90_000);
    const told = await owner.json<{ kind: string; message: string }[]>('/api/v1/notifications');
    expect(told.filter(({ kind }) => kind === 'webhook')).toMatchObject([
      { title: 'A webhook is switched off' },
    ]);
    expect(await gateway.database.run((sql) => gateway.worker.deadLetters.list(sql, { limit: 5 }))).toEqual(
      [],
    );

    receiver.answer = { status: 200 };
    expect(await (await patch(owner, hook.id, { enabled: true })).json()).toMatchObject({
      enabled: true,
      disabled_reason: null,
    });
    await tell();
    await until(async () => (await deliveries(hook.id)).some(({ state }) => state === 'delivered'));
  });

  it('is not switched off when something else was delivered since', { timeout: 60_000 }, async () => {
    const hook = await create();
    receiver.answer = { status: 500 };
    await post(owner, `/${hook.id}/test`);
    await waiting(1);
    await gateway.database.run((sql) =>
      sql.update(webhookEndpoints).set({ lastDeliveredAt: new Date(gateway.clock.now() + 1_000) }),
    );
    await makeLastAttempt();
    expect(await ended(hook.id)).toMatchObject({ state: 'failed' });
    expect((await hooks())[0]).toMatchObject({ enabled: true });
  });

  it('that answers 410 is gone at once', async () => {
    receiver.answer = { status: 410 };
    const hook = await create();
    await post(owner, `/${hook.id}/test`);
    expect(await ended(hook.id)).toMatchObject({ state: 'failed', attempts: 1, response_status: 410 });
    expect((await hooks())[0]).toMatchObject({ enabled: false, disabled_reason: 'gone' });
  });
});

describe('the secret of a webhook', () => {
  it('is shown when it is made and never again, and is in no row in clear', async () => {
    const hook = await create();
    expect(hook.secret).toMatch(/^whsec_/);
    for (const answer of [await owner.fetch(PATH), await patch(owner, hook.id, { description: 'x' })])
      expect(await answer.text()).not.toContain('whsec_');
    const [row] = await gateway.database.run((sql) => sql.select().from(webhookEndpoints));
    expect(row?.secretSealed).not.toContain(hook.secret.slice(6));
    expect(JSON.stringify(await owner.json('/api/v1/security/audit-logs?limit=100'))).not.toContain('whsec_');
    expect(gateway.logged.join('')).not.toContain('whsec_');
  });

  it('can be replaced, and signs from then on', async () => {
    const hook = await create();
    const response = await post(owner, `/${hook.id}/secret`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { secret } = (await response.json()) as Hook;
    expect(secret).not.toBe(hook.secret);
    await tell();
    const [got] = await arrived();
    const at = new Date(Number(got?.headers['webhook-timestamp']) * 1000);
    const sign = (with_: string) =>
      new Webhook(with_).sign(got?.headers['webhook-id'] ?? '', at, got?.body ?? '');
    expect(got?.headers['webhook-signature']).toBe(sign(secret));
    expect(got?.headers['webhook-signature']).not.toBe(sign(hook.secret));
  });
});

describe('webhooks are those of their account', () => {
  it('for everybody else they do not exist', async () => {
    const hook = await create();
    const answers = [
      await patch(stranger, hook.id, { enabled: false }),
      await stranger.fetch(`${PATH}/${hook.id}`, { method: 'DELETE' }),
      await post(stranger, `/${hook.id}/secret`),
      await post(stranger, `/${hook.id}/test`),
      await stranger.fetch(`${PATH}/${hook.id}/deliveries`),
      await patch(owner, newId(), { enabled: false }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'webhook_not_found' });
    }
    expect(await stranger.json(PATH)).toEqual([]);
    expect(await hooks()).toMatchObject([{ id: hook.id, enabled: true }]);
    await create(['voucher'], stranger);
    await tell();
    await ended(hook.id);
    expect(receiver.received).toHaveLength(1);
  });

  it('five at most, also when twenty are added at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(owner, '', { url: receiver.url, kinds: ['voucher'] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(5).fill(201),
      ...Array(15).fill(409),
    ]);
    expect(await hooks()).toHaveLength(5);
    const refused = answers.find(({ status }) => status === 409);
    expect(await refused?.json()).toMatchObject({ code: 'webhook_limit_reached' });
  });

  it('whatever is done with them is in the trail', async () => {
    const hook = await create();
    expect(await auditOf()).toMatchObject({ action: 'webhook.create', resource_id: hook.id });
    await patch(owner, hook.id, { kinds: ['support'] });
    expect(await auditOf()).toMatchObject({ action: 'webhook.change', payload: { kinds: ['support'] } });
    await post(owner, `/${hook.id}/test`);
    expect(await auditOf()).toMatchObject({ action: 'webhook.test' });
    await ended(hook.id);
    await post(owner, `/${hook.id}/secret`);
    expect(await auditOf()).toMatchObject({ action: 'webhook.replace_secret' });
    await owner.fetch(`${PATH}/${hook.id}`, { method: 'DELETE' });
    expect(await auditOf()).toMatchObject({ action: 'webhook.delete', resource_id: hook.id });
    const rows = await gateway.database.run((sql) =>
      sql.select().from(webhookDeliveries).where(eq(webhookDeliveries.endpointId, hook.id)),
    );
    expect(rows).toEqual([]);
  });
});

describe('webhooks 422', () => {
  it.each([
    { url: 'https://hooks.example.com' },
    { url: 'https://hooks.example.com', kinds: [] },
    { url: 'https://hooks.example.com', kinds: ['everything'] },
    { url: 'https://hooks.example.com', kinds: ['voucher'], description: 'a\u0000b' },
    { url: 7, kinds: ['voucher'] },
    { url: 'https://hooks.example.com/\u0000', kinds: ['voucher'] },
    { url: 'https://hooks.example.com/\ud800', kinds: ['voucher'] },
  ])('for %j', async (body) => {
    const response = await post(owner, '', body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('for addresses at home, unless the operator allows them', async () => {
    const strict = await createTestGateway();
    try {
      const client = await strict.signIn();
      for (const url of [
        'https://127.0.0.1/',
        'https://localhost/',
        'http://example.com/',
        'https://[::1]/',
      ]) {
        const response = await post(client, '', { url, kinds: ['voucher'] });
        expect(response.status, url).toBe(422);
        expect(await response.json()).toMatchObject({ code: 'webhook_url_refused' });
      }
      // What slipped in before is stopped when it is sent.
      const created = await post(client, '', { url: 'https://8.8.8.8/', kinds: ['webhook'] });
      const { id } = (await created.json()) as Hook;
      await strict.database.run((sql) =>
        sql.update(webhookEndpoints).set({ url: receiver.url.replace('http', 'https') }),
      );
      await post(client, `/${id}/test`);
      const list = () => client.json<Delivery[]>(`${PATH}/${id}/deliveries`);
      await until(async () => (await list())[0]?.error === 'not_public');
      expect(receiver.received).toEqual([]);
    } finally {
      await strict.close();
    }
  });
});
