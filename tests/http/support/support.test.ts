import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { outgoingMails } from '../../../src/notifications/table.ts';
import { supportCounters, supportRequests } from '../../../src/support/table.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { type MailServer, startMailServer } from '../../support/mail-server.ts';
import { until } from '../../support/until.ts';

let server: MailServer;
let gateway: TestGateway;
let owner: SignedInClient;
let other: SignedInClient;

beforeAll(async () => {
  server = await startMailServer();
  gateway = await createTestGateway({
    env: {
      ADMIN_EMAILS: 'demo@ajaxsecurflow.dev,absent@example.com',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_TLS: 'false',
      SMTP_FROM_EMAIL: 'gateway@example.com',
      // The clock is moved for hours.
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    },
  });
  [owner, other] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});
afterEach(async () => {
  await gateway.database.run((sql) => sql.delete(supportCounters));
  await gateway.database.run((sql) => sql.delete(supportRequests));
  server.received.splice(0);
});

const body = {
  subject: 'A hub is missing',
  message: 'Since yesterday.\nPlease help.',
  category: 'technical',
};
const send = (who: Pick<SignedInClient, 'fetch'>, change: object = {}, from?: string) =>
  who.fetch('/api/v1/support/contact', {
    method: 'POST',
    body: JSON.stringify({ ...body, ...change }),
    ...(from === undefined ? {} : { from }),
  });
const stranger = { fetch: (path: string, init = {}) => gateway.fetch(path, init) };
const stored = () => gateway.database.run((sql) => sql.select().from(supportRequests));
const arrived = (count: number) => until(() => server.received.length >= count && [...server.received]);
const PATH = '/api/v1/admin/support';

describe('POST /support/contact 200', () => {
  it('stores the message, tells every administrator and confirms it to the sender', async () => {
    const response = await send(other);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'success', message: 'Your message has been received.' });
    const { email, id } = await other.json<{ email: string; id: string }>('/api/v1/auth/me');
    expect(await stored()).toMatchObject([{ ...body, email, accountId: id, doneAt: null }]);
    const mails = await arrived(3);
    const to = (address: string) => mails.find((mail) => mail.to === address)?.mail;
    for (const administrator of ['demo@ajaxsecurflow.dev', 'absent@example.com']) {
      const mail = to(administrator);
      expect(mail?.subject).toBe('Support: A hub is missing');
      expect(mail?.text).toContain(body.message);
      expect(mail?.replyTo).toMatchObject([{ address: email }]);
    }
    expect(to(email)?.subject).toBe('We have your message');
    const [told] = await owner.json<{ kind: string; title: string }[]>('/api/v1/notifications?limit=1');
    expect(told).toMatchObject({ kind: 'support', title: 'Support: A hub is missing' });
    const [row] = await other.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action: 'support.contact', payload: { category: 'technical' } });
  });

  it('confirms nothing when it was asked not to', async () => {
    await send(other, { email_confirmation: false });
    await arrived(2);
    await gateway.worker.deadLetters.list(gateway.database.sql, { limit: 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.received.map(({ to }) => to).sort()).toEqual([
      'absent@example.com',
      'demo@ajaxsecurflow.dev',
    ]);
  });

  it('takes a message without a session, and mails nothing of it to the address it names', async () => {
    const subject = 'Buy now https://spam.example';
    const response = await send(stranger, { subject, email: 'Visitor@example.com' });
    expect(response.status).toBe(200);
    expect(await stored()).toMatchObject([{ subject, email: 'Visitor@example.com', accountId: null }]);
    const mails = await arrived(3);
    const confirmation = mails.find(({ to }) => to.toLowerCase() === 'visitor@example.com');
    expect(confirmation?.mail.text).toContain('has arrived');
    expect(confirmation?.raw).not.toContain('spam');
  });

  it('takes a session that has ended for none', async () => {
    const who = {
      fetch: (path: string, init: RequestInit = {}) =>
        gateway.fetch(path, { ...init, headers: { authorization: 'Bearer not.a.token' } }),
    };
    expect((await send(who)).status).toBe(422);
    expect((await send(who, { email: 'visitor@example.com' })).status).toBe(200);
  });

  it('keeps what was written exactly as text, and escapes it in mails', async () => {
    const change = {
      subject: '<img src=x onerror=alert(1)>',
      category: '"><script>',
      message: '<b>&\u0000</b>',
    };
    expect((await send(other, change)).status).toBe(200);
    expect(await stored()).toMatchObject([{ ...change, message: '<b>&\ufffd</b>' }]);
    const mail = (await arrived(2)).find(({ to }) => to === 'absent@example.com')?.mail;
    expect(mail?.html).not.toMatch(/<script|<img|<b>/);
  });
});

describe('POST /support/contact 429', () => {
  it('after five within an hour that begins with the first, and refused ones move nothing', async () => {
    for (let n = 0; n < 5; n++) {
      expect((await send(other)).status).toBe(200);
      gateway.clock.skip(10 * 60_000);
    }
    const refused = await send(other);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'support_limit_reached', retryable: true });
    // The clock of the test also goes by itself.
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeLessThanOrEqual(600);
    expect(wait).toBeGreaterThan(500);
    expect(await stored()).toHaveLength(5);
    gateway.clock.skip(8 * 60_000);
    expect((await send(other)).status).toBe(429);
    gateway.clock.skip(2 * 60_000);
    expect((await send(other)).status).toBe(200);
  });

  it('counts what is accepted only', async () => {
    for (let n = 0; n < 10; n++) expect((await send(other, { subject: '' })).status).toBe(422);
    expect((await send(other)).status).toBe(200);
  });

  it('of each account by itself, and lets exactly five through of twenty at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(other)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(5).fill(200),
      ...Array(15).fill(429),
    ]);
    expect((await send(owner)).status).toBe(200);
  });

  it('without a session by address and by the e-mail named', async () => {
    for (let n = 0; n < 5; n++)
      expect((await send(stranger, { email: `v${n}@example.com` }, '198.51.100.1')).status).toBe(200);
    expect((await send(stranger, { email: 'v9@example.com' }, '198.51.100.1')).status).toBe(429);
    for (let n = 2; n < 7; n++)
      expect((await send(stranger, { email: 'victim@example.com' }, `198.51.100.${n}`)).status).toBe(200);
    expect((await send(stranger, { email: 'Victim@example.com' }, '198.51.100.8')).status).toBe(429);
    expect((await send(stranger, { email: 'v0@example.com' }, '198.51.100.8')).status).toBe(200);
  });
});

describe('a flood without sessions', () => {
  it('is stored, and fills no mailbox: sixty an hour are mailed and told', { timeout: 60_000 }, async () => {
    for (let n = 0; n < 62; n++) {
      const from = `198.51.${Math.floor(n / 100)}.${n}`;
      const response = await send(stranger, { subject: `No ${n}`, email: `v${n}@example.com` }, from);
      expect(response.status).toBe(200);
    }
    expect(await stored()).toHaveLength(62);
    const told = await owner.json<{ title: string }[]>('/api/v1/notifications?limit=100');
    expect(told.filter(({ title }) => title.startsWith('Support: No '))).toHaveLength(60);
    const mails = await gateway.database.run((sql) => sql.select().from(outgoingMails));
    expect(mails.filter(({ recipient }) => /^v6[01]@/.test(recipient))).toEqual([]);
    // Those who sign in are heard all the same.
    await send(other, { subject: 'Heard' });
    expect((await owner.json<{ title: string }[]>('/api/v1/notifications?limit=1'))[0]?.title).toContain(
      'Heard',
    );
  });
});

describe('POST /support/contact 422', () => {
  it.each([
    { subject: 'x'.repeat(201) },
    { subject: ' ' },
    { subject: 'a\r\nBcc: b@example.com' },
    { message: 'x'.repeat(5_001) },
    { message: '' },
    { email: 'nobody' },
    { category: 'x'.repeat(51) },
    { email_confirmation: 'perhaps' },
  ])('for %j', async (change) => {
    expect((await send(other, change)).status).toBe(422);
    expect(await stored()).toEqual([]);
  });

  it('without a session and without an e-mail, and says which field is missing', async () => {
    const response = await send(stranger);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ loc: ['body', 'email'] }] });
  });
});

describe('administrators', () => {
  it('read what was written page by page, mark it as done and open it again', async () => {
    for (const subject of ['first', 'second', 'third']) {
      gateway.clock.skip(2);
      await send(other, { subject });
    }
    const list = (query = '') =>
      owner.json<{ id: string; subject: string; done_at: unknown }[]>(`${PATH}${query}`);
    expect((await list()).map(({ subject }) => subject)).toEqual(['third', 'second', 'first']);
    const [third] = await list('?limit=1');
    expect((await list(`?before=${third?.id}`)).map(({ subject }) => subject)).toEqual(['second', 'first']);
    const mark = (done: boolean) =>
      owner.fetch(`${PATH}/${third?.id}`, { method: 'PATCH', body: JSON.stringify({ done }) });
    expect(await (await mark(true)).json()).toMatchObject({ subject: 'third', done_at: expect.any(String) });
    expect((await list()).map(({ subject }) => subject)).toEqual(['second', 'first']);
    expect((await list('?state=done')).map(({ subject }) => subject)).toEqual(['third']);
    expect(await (await mark(false)).json()).toMatchObject({ done_at: null });
    expect(await list('?state=all')).toHaveLength(3);
    const rows = await owner.json<{ action: string }[]>('/api/v1/security/audit-logs?limit=2');
    expect(rows.map(({ action }) => action)).toEqual(['support.reopen', 'support.done']);
  });

  it('only they do', async () => {
    await send(other);
    const [row] = await stored();
    expect((await other.fetch(PATH)).status).toBe(403);
    const patch = (who: SignedInClient, id = row?.id) =>
      who.fetch(`${PATH}/${id}`, { method: 'PATCH', body: '{"done":true}' });
    expect((await patch(other)).status).toBe(403);
    expect((await stored())[0]?.doneAt).toBeNull();
    const missing = await patch(owner, newId());
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: 'support_request_not_found' });
  });
});

it('without a mail server a message is stored and told in the dashboard all the same', {
  timeout: 90_000,
}, async () => {
  const without = await createTestGateway({ env: { ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' } });
  try {
    const administrator = await without.signIn();
    const response = await without.fetch('/api/v1/support/contact', {
      method: 'POST',
      body: JSON.stringify({ ...body, email: 'visitor@example.com' }),
    });
    expect(response.status).toBe(200);
    expect(await administrator.json(PATH)).toMatchObject([
      { subject: body.subject, email: 'visitor@example.com' },
    ]);
    expect(await administrator.json('/api/v1/notifications')).toMatchObject([{ kind: 'support' }]);
  } finally {
    await without.close();
  }
});
