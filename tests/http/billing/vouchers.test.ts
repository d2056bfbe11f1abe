/** Vouchers from their making to what they give, as administrators and accounts see it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, post, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let administrator: SignedInClient;
let customer: SignedInClient;

beforeAll(async () => {
  gateway = await createTestGateway({
    env: {
      ...{ ADMIN_EMAILS: 'demo@ajaxsecurflow.dev', DEFAULT_PLAN: 'free', VOUCHERS_PER_ACCOUNT: '20' },
      ACCESS_TOKEN_EXPIRE_MINUTES: '500000',
      REFRESH_TOKEN_EXPIRE_DAYS: '365',
    },
  });
  [administrator, customer] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(() => gateway.close());

interface Voucher {
  readonly id: string;
  readonly code: string;
}

async function make(order: object = {}): Promise<Voucher> {
  const [voucher] = await administrator.json<Voucher[]>('/api/v1/billing/generate', post(order));
  if (voucher === undefined) throw new Error('No voucher');
  return voucher;
}
const redeem = (code: string, headers = {}) =>
  customer.fetch('/api/v1/billing/redeem', { ...post({ code }), headers });
const plan = () => customer.json<Record<string, unknown>>('/api/v1/billing/plan');

describe('POST /billing/generate 201', () => {
  it('makes vouchers from the query, as the first gateway promised, or from the body', async () => {
    const path = '/api/v1/billing/generate?duration_days=14&count=3&plan=PRO';
    const response = await administrator.fetch(path, { method: 'POST' });
    expect(response.status).toBe(201);
    const made = (await response.json()) as Voucher[];
    expect(made).toHaveLength(3);
    expect(new Set(made.map(({ code }) => code)).size).toBe(3);
    for (const each of made)
      expect(each).toMatchObject({ duration_days: 14, plan: 'pro', is_redeemed: false, uses: 1, used: 0 });

    const inBody = await administrator.fetch(
      '/api/v1/billing/generate?count=5',
      post({ count: 1, uses: 7, batch: 'fair', note: 'Stand 12', expires_at: '2100-01-01T00:00:00+01:00' }),
    );
    expect(await inBody.json()).toMatchObject([
      ...[{ duration_days: 30, plan: 'premium', uses: 7, batch: 'fair', note: 'Stand 12' }],
    ]);
  });

  it('is in the audit trail, without the codes', async () => {
    const { code } = await make({ batch: 'audited' });
    const [row] = await administrator.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action: 'voucher.generate', payload: { count: 1, batch: 'audited' } });
    expect(JSON.stringify(row)).not.toContain(code.slice(5));
  });
});

describe('POST /billing/generate, refused', () => {
  it('for anybody but an administrator', async () => {
    const response = await customer.fetch('/api/v1/billing/generate', post({}));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'administrator_required' });
  });

  it.each([
    ...['?count=0', '?count=1001', '?count=x', '?duration_days=0', '?plan=free', '?plan=gold', '?uses=-1'],
    ...['?expires_at=tomorrow', '?batch=%00', '?note=', '?count=0x2', '?count=1e1', '?count=%D9%A1'],
    ...['?count=1&count=2', '?expires_at=2020-01-01T00:00:00Z', '?expires_at=0000-01-01T00:00:00Z'],
    '?expires_at=9999-12-31T23:59:59-23:59',
  ])('for %s', async (query) => {
    const response = await administrator.fetch(`/api/v1/billing/generate${query}`, { method: 'POST' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it.each(['[]', '"x"', '{"count":null}', '{"count":true}', '{"uses":[5]}'])(
    'for the body %s',
    async (body) => {
      const response = await administrator.fetch('/api/v1/billing/generate', { method: 'POST', body });
      expect(response.status).toBe(422);
    },
  );
});

describe('POST /billing/redeem 200', () => {
  it('gives the plan at once to who has a lower one, in the shape clients know, and says so', async () => {
    const { code } = await make({ plan: 'basic', duration_days: 10 });
    const response = await redeem(` ${code.toLowerCase().replaceAll('-', ' ')}`);
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({
      ...{ code, plan: 'basic', duration_days: 10, is_redeemed: true },
      explanation: 'Basic for 10 days, from now on.',
    });
    expect(Date.parse(body.ends_at ?? '') - Date.parse(body.redeemed_at ?? '')).toBe(10 * 86_400_000);
    // At once, also where plans are remembered.
    expect(await customer.json('/api/v1/auth/me')).toMatchObject({
      ...{ subscription_plan: 'basic', subscription_source: 'voucher', subscription_active: true },
      subscription_expires_at: body.ends_at,
    });
    expect(await plan()).toMatchObject({
      ...{ plan: 'basic', source: 'voucher', until: body.ends_at },
      next: { plan: 'free', source: 'default', from: body.ends_at },
      grants: [{ state: 'in_force', days: 10, days_left: 10 }],
    });
  });

  it('puts better days first and keeps the others, which it says in the language of the request', async () => {
    const better = await make({ plan: 'premium', duration_days: 5 });
    expect(await (await redeem(better.code)).json()).toMatchObject({ plan: 'premium' });
    const later = await make({ plan: 'basic', duration_days: 1 });
    const body = await (await redeem(later.code, { 'accept-language': 'es-ES,es;q=0.9' })).json();
    const { explanation } = body as { explanation: string };
    expect(explanation).toMatch(/^1 día de Básico, guardados? hasta que termine tu plan actual\./);
    const { grants } = (await plan()) as { grants: { state: string; plan: string; days_left: number }[] };
    expect(grants.map(({ state }) => state)).toEqual(['waiting', 'in_force', 'waiting']);
    // The first voucher stopped where the better one began.
    gateway.clock.skip(5 * 86_400_000 - 1_000);
    expect(await plan()).toMatchObject({ plan: 'premium' });
    gateway.clock.skip(2_000);
    expect(await plan()).toMatchObject({ plan: 'basic', features: expect.arrayContaining(['read_devices']) });
    expect(await customer.json('/api/v1/auth/me')).toMatchObject({ subscription_plan: 'basic' });
    gateway.clock.skip(11 * 86_400_000);
    expect(await plan()).toMatchObject({ plan: 'free', source: 'default', next: null });
    expect(await customer.json('/api/v1/auth/me')).toMatchObject({ subscription_plan: 'free' });
  });

  it('shows in the history with words the first dashboard draws as done', async () => {
    const entries = await customer.json<object[]>('/api/v1/billing/history', {
      headers: { 'accept-language': 'es' },
    });
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatchObject({
      ...{ type: 'voucher', description: 'Cupón: Básico, 1 día', status: 'Aplicado', status_code: 'applied' },
      ...{ amount_minor: 0, download_url: null },
    });
    expect(await administrator.json('/api/v1/billing/history')).toEqual([]);
  });

  it('is in the audit trail of the account', async () => {
    const rows = await customer.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(rows).toMatchObject([{ action: 'voucher.redeem', outcome: 'done', payload: { plan: 'basic' } }]);
  });

  it('takes codes of the first gateway, which use every letter and have no check character', async () => {
    const { vouchers } = await import('../../../src/billing/table.ts');
    const { newId } = await import('../../../src/kernel/ids.ts');
    const old = { id: newId(), code: 'AJAX-OLDI-CODE-0LU1', plan: 'pro', days: 1 } as const;
    await gateway.database.run((sql) => sql.insert(vouchers).values(old));
    expect((await redeem('ajax-oldi-code-0lu1')).status).toBe(200);
  });
});

describe('POST /billing/redeem 400', () => {
  it('says in the language of the request what is wrong with a code', async () => {
    const { code } = await make();
    const wrong = code.slice(0, -1) + (code.endsWith('7') ? '8' : '7');
    const mistyped = await redeem(wrong, { 'accept-language': 'es' });
    expect(mistyped.status).toBe(400);
    expect(await mistyped.json()).toMatchObject({
      code: 'voucher_unknown',
      detail: 'No existe ningún cupón con ese código. Parece que está mal escrito.',
    });
    await redeem(code);
    expect(await (await redeem(code)).json()).toMatchObject({
      ...{ code: 'voucher_already_redeemed', detail: 'You have redeemed this voucher before.' },
    });
  });

  it('of one that an administrator has revoked, and of one whose time is over to the second', async () => {
    const revoked = await make();
    const response = await administrator.fetch(`/api/v1/admin/vouchers/${revoked.id}`, { method: 'DELETE' });
    expect(await response.json()).toMatchObject({ revoked_at: expect.any(String) });
    expect(await (await redeem(revoked.code)).json()).toMatchObject({ code: 'voucher_expired' });

    const expiresAt = new Date(gateway.clock.now() + 3_600_000).toISOString();
    const short = await make({ expires_at: expiresAt });
    gateway.clock.skip(3_600_001);
    expect(await (await redeem(short.code)).json()).toMatchObject({ code: 'voucher_expired' });
  });
});

describe('POST /billing/redeem, refused', () => {
  it.each([{}, { code: 7 }, { code: 'x'.repeat(65) }, null])('for the body %j', async (body) => {
    const response = await customer.fetch('/api/v1/billing/redeem', post(body));
    expect(response.status).toBe(422);
  });

  it('without a session', async () => {
    expect((await gateway.fetch('/api/v1/billing/redeem', post({ code: 'x' }))).status).toBe(401);
    expect((await gateway.fetch('/api/v1/billing/plan')).status).toBe(401);
  });
});

describe('/admin/vouchers', () => {
  it('lists by page and batch, with what was used', async () => {
    const order = { count: 5, batch: 'paged', plan: 'basic', uses: 2 };
    const made = await administrator.json<Voucher[]>('/api/v1/billing/generate', post(order));
    expect((await redeem(made[0]?.code ?? '')).status).toBe(200);
    const seen: (Voucher & { used: number })[] = [];
    for (let before = ''; ; ) {
      const page = await administrator.json<{ vouchers: typeof seen; next_before_id: string | null }>(
        `/api/v1/admin/vouchers?batch=paged&limit=2${before}`,
      );
      seen.push(...page.vouchers);
      if (page.next_before_id === null) break;
      before = `&before_id=${page.next_before_id}`;
    }
    expect(seen.map(({ code }) => code).sort()).toEqual(made.map(({ code }) => code).sort());
    expect(seen.find(({ code }) => code === made[0]?.code)).toMatchObject({ used: 1, is_redeemed: false });
  });

  it('exports a file that no spreadsheet runs', async () => {
    await make({ batch: 'file', note: '=HYPERLINK("http://evil.example","x"), really' });
    const response = await administrator.fetch('/api/v1/admin/vouchers/export?batch=file');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="vouchers.csv"');
    const [head, row, end] = (await response.text()).split('\r\n');
    expect(head).toBe('code,plan,days,uses,used,expires_at,revoked_at,batch,note,created_at');
    expect(row).toContain(`,file,"'=HYPERLINK(""http://evil.example"",""x""), really",`);
    expect(end).toBe('');
  });

  it('revokes once, which is in the trail, and does not know others', async () => {
    const { id } = await make();
    const path = `/api/v1/admin/vouchers/${id}`;
    const first: unknown = await administrator.json(path, { method: 'DELETE' });
    expect(await administrator.json(path, { method: 'DELETE' })).toEqual(first);
    const rows = await administrator.json<{ action: string; resource_id: string }[]>(
      '/api/v1/security/audit-logs?limit=20',
    );
    expect(rows.filter((row) => row.action === 'voucher.revoke' && row.resource_id === id)).toHaveLength(1);
    const unknown = await administrator.fetch(`/api/v1/admin/vouchers/${crypto.randomUUID()}`, {
      method: 'DELETE',
    });
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([
      404,
      'voucher_not_found',
    ]);
  });

  it.each(['/vouchers', '/vouchers/export', '/users'])('is closed to others: %s', async (path) => {
    const response = await customer.fetch(`/api/v1/admin${path}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      403,
      'administrator_required',
    ]);
  });
});
