import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { notifications } from '../../../src/notifications/table.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

interface Shown {
  id: string;
  kind: string;
  title: string;
  message: string;
  type: string;
  link: string | null;
  is_read: boolean;
  created_at: string;
}

let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;
let accountId: string;

beforeAll(async () => {
  gateway = await createTestGateway();
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
  accountId = (await owner.json<{ id: string }>('/api/v1/auth/me')).id;
});
afterAll(() => gateway.close());
beforeEach(async () => {
  await gateway.database.run((sql) => sql.delete(notifications));
});

const PATH = '/api/v1/notifications';
const redeemed = { plan: 'pro', days: 30, until: '2026-09-01T10:00:00.000Z' } as const;
const tell = (to = accountId) =>
  gateway.database.run((sql) =>
    sql.transaction((tx) =>
      gateway.notifications.notify(tx, to, 'voucher', 'redeemed', redeemed, '/billing'),
    ),
  );
async function tellOften(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    gateway.clock.skip(2);
    await tell();
  }
}
const list = (query = '', headers = {}) => owner.json<Shown[]>(`${PATH}${query}`, { headers });
const summary = () => owner.json<{ unread_count: number; notifications: Shown[] }>(`${PATH}/summary`);
const auditRows = (limit: number) =>
  owner.json<{ action: string; payload: unknown }[]>(`/api/v1/security/audit-logs?limit=${limit}`);

describe('GET /notifications 200', () => {
  it('shows what an account was told, in the language of its browser', async () => {
    await tell();
    const [english] = await list();
    expect(english).toEqual({
      id: expect.any(String),
      kind: 'voucher',
      title: 'Voucher redeemed',
      message: 'Pro for 30 days, until 1 September 2026 at 10:00 UTC.',
      type: 'success',
      link: '/billing',
      is_read: false,
      created_at: expect.any(String),
    });
    const [spanish] = await list('', { 'accept-language': 'es-MX,es;q=0.9,en;q=0.5' });
    expect(spanish).toMatchObject({
      id: english?.id,
      title: 'Cupón aplicado',
      message: 'Pro durante 30 días, hasta el 1 de septiembre de 2026 a las 10:00 UTC.',
    });
  });

  it('prefers the language the account has chosen', async () => {
    await tell();
    const put = (language: string | null) =>
      owner.fetch(`${PATH}/preferences`, { method: 'PUT', body: JSON.stringify({ language }) });
    expect((await put('es')).status).toBe(200);
    expect((await list('', { 'accept-language': 'en' }))[0]?.title).toBe('Cupón aplicado');
    expect((await put(null)).status).toBe(200);
    expect((await list('', { 'accept-language': 'en' }))[0]?.title).toBe('Voucher redeemed');
  });

  it('has 50 on a page unless asked otherwise, and every one on exactly one page', async () => {
    await tellOften(53);
    const first = await list();
    expect(first).toHaveLength(50);
    const second = await list(`?before=${first.at(-1)?.id}`);
    expect(second).toHaveLength(3);
    const all = [...first, ...second];
    expect(new Set(all.map(({ id }) => id)).size).toBe(53);
    expect(all.map(({ created_at }) => created_at)).toEqual(
      all
        .map(({ created_at }) => created_at)
        .toSorted()
        .reverse(),
    );
    expect(await list('?limit=2')).toEqual(first.slice(0, 2));
  });

  it('can leave out what has been read, with the spelling of older clients', async () => {
    await tellOften(2);
    const [newest] = await list();
    await owner.fetch(`${PATH}/${newest?.id}/read`, { method: 'POST' });
    for (const spelling of ['true', 'True', '1'])
      expect((await list(`?unread_only=${spelling}`)).map(({ id }) => id)).not.toContain(newest?.id);
    expect(await list('?unread_only=false')).toHaveLength(2);
  });

  it('names a message of another version by its kind instead of failing the list', async () => {
    await tell();
    await gateway.database.run((sql) => sql.update(notifications).set({ message: 'of_another_version' }));
    expect(await list()).toMatchObject([{ kind: 'voucher', title: 'voucher', type: 'info' }]);
  });

  it('likewise one whose parameters are of another version', async () => {
    await tell();
    await gateway.database.run((sql) => sql.update(notifications).set({ params: { until: 'tomorrow' } }));
    expect(await list()).toMatchObject([{ kind: 'voucher', title: 'voucher', type: 'success' }]);
  });
});

describe('GET /notifications/summary 200', () => {
  it('counts all unread ones, shows the newest 20 and asks Ajax nothing', async () => {
    await tellOften(23);
    const before = gateway.simulator.journal.arrivals({}).length;
    const { unread_count, notifications: shown } = await summary();
    expect(unread_count).toBe(23);
    expect(shown).toEqual((await list()).slice(0, 20));
    expect(gateway.simulator.journal.arrivals({}).length).toBe(before);
  });
});

describe('marking as read 200', () => {
  it.each(['PATCH', 'POST'])(
    'answers %s with the notification, also with an empty JSON body',
    async (method) => {
      await tell();
      const [unread] = await list();
      const response = await owner.fetch(`${PATH}/${unread?.id}/read`, {
        method,
        headers: { 'content-type': 'application/json' },
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ ...unread, is_read: true });
      expect((await summary()).unread_count).toBe(0);
      expect((await auditRows(1))[0]).toMatchObject({ action: 'notification.read' });
    },
  );

  it('is the same again, and in the trail once', async () => {
    await tell();
    const [one] = await list();
    const read = () => owner.fetch(`${PATH}/${one?.id}/read`, { method: 'POST' });
    await Promise.all(Array.from({ length: 20 }, read));
    expect((await read()).status).toBe(200);
    const rows = await auditRows(25);
    expect(rows.filter((row) => JSON.stringify(row).includes(one?.id ?? '-'))).toHaveLength(1);
  });

  it.each(['mark-all-read', 'read-all'])('%s reads all, 100 times at once as well as once', async (path) => {
    await tellOften(30);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => owner.fetch(`${PATH}/${path}`, { method: 'POST' })),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ detail: 'All notifications marked as read' });
    }
    expect((await summary()).unread_count).toBe(0);
    const reads = (await auditRows(100)).filter(({ action }) => action === 'notification.read_all');
    expect(reads[0]).toMatchObject({ payload: { count: 30 } });
    await gateway.database.run((sql) => sql.delete(notifications));
    await owner.fetch(`${PATH}/${path}`, { method: 'POST' });
    expect((await auditRows(1))[0]).toEqual(reads[0]);
  });
});

describe('notifications 404', () => {
  it('for one of another account exactly as for one that does not exist', async () => {
    await tell();
    const [mine] = await list();
    const read = (id: string) => stranger.fetch(`${PATH}/${id}/read`, { method: 'PATCH' });
    const [theirs, missing] = [await read(mine?.id ?? ''), await read(newId())];
    expect([theirs.status, missing.status]).toEqual([404, 404]);
    const withoutId = (body: object) => ({ ...body, correlation_id: undefined });
    expect(withoutId((await theirs.json()) as object)).toEqual(withoutId((await missing.json()) as object));
    expect((await summary()).unread_count).toBe(1);
    expect(await stranger.json(PATH)).toEqual([]);
    await stranger.fetch(`${PATH}/read-all`, { method: 'POST' });
    expect((await summary()).unread_count).toBe(1);
  });
});

describe('notifications 422', () => {
  it.each(['?limit=0', '?limit=101', '?unread_only=maybe', '?before=1'])('for %s', async (query) => {
    expect((await owner.fetch(`${PATH}${query}`)).status).toBe(422);
  });
});

describe('preferences', () => {
  const preferences = () =>
    owner.json<{ preferences: { kind: string; channel: string; enabled: boolean; essential: boolean }[] }>(
      `${PATH}/preferences`,
    );
  const put = (body: unknown) =>
    owner.fetch(`${PATH}/preferences`, { method: 'PUT', body: JSON.stringify(body) });
  const one = async (kind: string, channel: string) =>
    (await preferences()).preferences.find((row) => row.kind === kind && row.channel === channel);

  it('change by kind and channel, leave the rest, and decide what is shown', async () => {
    expect(await one('voucher', 'in_app')).toMatchObject({ enabled: true, essential: false });
    const before = (await preferences()).preferences.length;
    const change = { kind: 'voucher', channel: 'in_app', enabled: false };
    expect((await put({ preferences: [change] })).status).toBe(200);
    expect(await one('voucher', 'in_app')).toMatchObject({ enabled: false });
    expect(await one('voucher', 'mail')).toMatchObject({ enabled: true });
    expect((await preferences()).preferences).toHaveLength(before);
    expect((await auditRows(1))[0]).toMatchObject({ action: 'notification.preferences' });
    await tell();
    expect(await list()).toEqual([]);
    expect((await summary()).unread_count).toBe(0);
    expect((await put({ preferences: [{ ...change, enabled: true }] })).status).toBe(200);
    await tell();
    expect(await list()).toHaveLength(1);
  });

  it('are those of the caller only', async () => {
    await put({ language: 'es', preferences: [{ kind: 'support', channel: 'mail', enabled: false }] });
    const theirs = await stranger.json<{ language: unknown; preferences: { enabled: boolean }[] }>(
      `${PATH}/preferences`,
    );
    expect(theirs.language).toBeNull();
    expect(theirs.preferences.filter(({ enabled }) => !enabled)).toEqual([
      { kind: 'hub_event', channel: 'mail', enabled: false, essential: false },
    ]);
    await put({ language: null, preferences: [{ kind: 'support', channel: 'mail', enabled: true }] });
  });

  it('keep kinds that everybody must hear of, and say which line is wrong', async () => {
    const fine = { kind: 'voucher', channel: 'mail', enabled: false };
    const response = await put({
      preferences: [fine, { kind: 'security', channel: 'mail', enabled: false }],
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ loc: ['body', 'preferences', 1, 'enabled'] }],
    });
    expect(await one('voucher', 'mail')).toMatchObject({ enabled: true });
  });

  it('refuse kinds, channels and languages that do not exist', async () => {
    for (const body of [
      { language: 'fr' },
      { preferences: [{ kind: 'nothing', channel: 'mail', enabled: true }] },
      { preferences: [{ kind: 'voucher', channel: 'pigeon', enabled: true }] },
      { preferences: 'all' },
    ])
      expect((await put(body)).status).toBe(422);
  });
});

describe('telling an account', () => {
  it('is part of the transaction it is told in', async () => {
    const failing = gateway.database.run((sql) =>
      sql.transaction(async (tx) => {
        await gateway.notifications.notify(tx, accountId, 'voucher', 'redeemed', redeemed);
        throw new Error('On purpose');
      }),
    );
    await expect(failing).rejects.toThrow('On purpose');
    expect(await list()).toEqual([]);
  });

  it('refuses what the catalogue does not have, before anything is stored', async () => {
    const wrong = { ...redeemed, days: 'many' } as unknown as typeof redeemed;
    const telling = gateway.database.run((sql) =>
      gateway.notifications.notify(sql, accountId, 'voucher', 'redeemed', wrong),
    );
    await expect(telling).rejects.toThrow();
    expect(await list()).toEqual([]);
  });
});
