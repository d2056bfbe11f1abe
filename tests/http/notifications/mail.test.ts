import { eq, sql as raw } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { outgoingMails } from '../../../src/notifications/table.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { type MailServer, type ReceivedMail, refusal, startMailServer } from '../../support/mail-server.ts';
import { until } from '../../support/until.ts';

const login = { user: 'gateway@example.com', password: 'secret of the mail server' };
let server: MailServer;
let gateway: TestGateway;
let owner: SignedInClient;
let accountId: string;

beforeAll(async () => {
  server = await startMailServer(login);
  gateway = await createTestGateway({
    env: {
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_TLS: 'false',
      SMTP_USER: login.user,
      SMTP_PASSWORD: login.password,
      SMTP_FROM_NAME: 'Álarm, "Ltd"',
      FRONTEND_URL: 'https://alarm.example.com/',
      ADMIN_EMAILS: 'demo@ajaxsecurflow.dev, never-signed-in@example.com',
    },
  });
  owner = await gateway.signIn(0);
  accountId = (await owner.json<{ id: string }>('/api/v1/auth/me')).id;
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});
afterEach(() => {
  server.received.splice(0);
  server.gate = () => {};
});

type Work = Parameters<Parameters<TestGateway['database']['sql']['transaction']>[0]>[0];
const inTransaction = (work: (tx: Work) => Promise<void>) =>
  gateway.database.run((sql) => sql.transaction(work));
const redeemed = { plan: 'pro', days: 30, until: '2026-09-01T10:00:00.000Z' } as const;
const tellOfVoucher = () =>
  inTransaction((tx) =>
    gateway.notifications.notify(tx, accountId, 'voucher', 'redeemed', redeemed, '/billing'),
  );
const arrived = (count = 1) => until(() => server.received.length >= count && [...server.received]);
const first = async (): Promise<ReceivedMail> => {
  const [mail] = await arrived();
  if (mail === undefined) throw new Error('No mail');
  return mail;
};
const outbox = () =>
  gateway.database.run((sql) => sql.select().from(outgoingMails).orderBy(outgoingMails.id));
const preferences = (body: unknown) =>
  owner.fetch('/api/v1/notifications/preferences', { method: 'PUT', body: JSON.stringify(body) });

describe('a mail', () => {
  it('arrives as text and HTML, from the operator, with a link into the dashboard', async () => {
    await tellOfVoucher();
    const { to, mail, header } = await first();
    expect(to).toBe('demo@ajaxsecurflow.dev');
    expect(mail.from).toEqual({ name: 'Álarm, "Ltd"', address: login.user });
    expect(mail.subject).toBe('Voucher redeemed');
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain('Pro for 30 days, until 1 September 2026 at 10:00 UTC.');
      expect(body).toContain('https://alarm.example.com/billing');
    }
    expect(mail.html).toContain('<html lang="en">');
    expect(header('auto-submitted')).toBe('auto-generated');
    const sent = await until(async () => (await outbox()).at(-1)?.sentAt && (await outbox()).at(-1));
    expect(sent).toMatchObject({ attempts: 1, error: null, failedAt: null });
    expect(mail.messageId).toBe(`<${sent.id}@example.com>`);
  });

  it('is in the language the account has chosen', async () => {
    await preferences({ language: 'es' });
    await tellOfVoucher();
    const { mail } = await first();
    expect(mail.subject).toBe('Cupón aplicado');
    expect(mail.text).toContain('Pro durante 30 días');
    await preferences({ language: null });
  });

  it('shows what others typed as text, never as HTML or as a header', async () => {
    const subject = '<b>Hi</b>\r\nBcc: everybody@example.com';
    const text = '<script>alert(1)</script> & "quotes"\n{{path}}';
    await inTransaction((tx) =>
      gateway.notifications.sendMail(
        tx,
        { email: 'admin@example.com', language: 'en' },
        'support',
        'request',
        {
          ...{ subject, text },
          category: '<i>x</i>',
          from: 'visitor@example.com',
        },
      ),
    );
    const { mail, raw: source, header } = await first();
    expect(mail.subject).toBe('Support: <b>Hi</b> Bcc: everybody@example.com');
    expect(header('bcc')).toBeUndefined();
    expect(source.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/im);
    expect(mail.replyTo).toMatchObject([{ address: 'visitor@example.com' }]);
    expect(mail.text).toContain(text);
    expect(mail.html).not.toMatch(/<script|<b>|<i>/);
    expect(mail.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;');
  });

  it('is sent once the server takes it, as one mail with one Message-ID', { timeout: 90_000 }, async () => {
    let refusals = 2;
    server.gate = () => {
      if (refusals-- > 0) throw refusal(451, 'Try later');
    };
    await tellOfVoucher();
    const { mail } = await first();
    const row = await until(async () =>
      (await outbox()).find(({ id, sentAt }) => mail.messageId?.includes(id) && sentAt),
    );
    expect(row).toMatchObject({ attempts: 3, failedAt: null, error: '451 Message failed: 451 Try later' });
    expect(server.received).toHaveLength(1);
  });

  it('the server will never take is given up at once, and no dead letter', async () => {
    await inTransaction((tx) =>
      gateway.notifications.sendMail(
        tx,
        { email: 'unknown@example.com', language: 'en' },
        'support',
        'received',
        {
          subject: 'x',
        },
      ),
    );
    const row = await until(async () =>
      (await outbox()).find(({ recipient, failedAt }) => recipient.startsWith('unknown@') && failedAt),
    );
    expect(row).toMatchObject({ attempts: 1, sentAt: null });
    expect(row.error).toContain('550');
    // The operator's only trace of it.
    expect(gateway.logged.join('')).toContain('the mail server refuses a mail for good');
    expect(await gateway.database.run((sql) => gateway.worker.deadLetters.list(sql, { limit: 10 }))).toEqual(
      [],
    );
  });

  it('that was given up is sent once an administrator has it tried again', { timeout: 90_000 }, async () => {
    server.gate = () => {
      throw refusal(451, 'Try later');
    };
    await tellOfVoucher();
    const row = await until(async () => (await outbox()).at(-1)?.error && (await outbox()).at(-1));
    await gateway.database.run((sql) =>
      sql.execute(raw`update pgboss.job set retry_limit = retry_count + 1 where data->>'mail' = ${row.id}`),
    );
    const letter = await until(() =>
      gateway.database.run(async (sql) => (await gateway.worker.deadLetters.list(sql, { limit: 1 }))[0]),
    );
    expect((await outbox()).at(-1)).toMatchObject({ id: row.id, failedAt: expect.any(Date), sentAt: null });
    server.gate = () => {};
    await gateway.database.run((sql) =>
      sql.transaction((tx) => gateway.worker.deadLetters.retry(tx, letter.id)),
    );
    expect((await first()).mail.messageId).toBe(`<${row.id}@example.com>`);
    const sent = await until(async () => (await outbox()).at(-1)?.sentAt && (await outbox()).at(-1));
    expect(sent).toMatchObject({ id: row.id, failedAt: null });
  });

  it('the server took while another attempt had begun is not sent a third time', async () => {
    server.gate = async () => {
      // As if its time had been over: the job is that of another attempt by now.
      await gateway.database.run((sql) =>
        sql.execute(raw`update pgboss.job set retry_count = retry_count + 1 where name = 'mail.send'`),
      );
    };
    await tellOfVoucher();
    await first();
    await until(async () => (await outbox()).at(-1)?.sentAt);
  });

  it('waits for nobody whose account is gone', async () => {
    await inTransaction((tx) =>
      gateway.notifications.sendMail(
        tx,
        { email: 'gone@example.com', language: 'en', accountId: newId() },
        ...(['voucher', 'redeemed', redeemed] as const),
      ),
    );
    const row = (await outbox()).at(-1);
    await until(async () => {
      const { rows } = await gateway.database
        .openStatements()
        .execute("select id from pgboss.job where state = 'completed' and data->>'mail' = $1", [row?.id]);
      return rows.length === 1;
    });
    expect(server.received).toEqual([]);
  });

  it('never shows the password of the mail server, whatever goes wrong', () => {
    expect(gateway.logged.join('')).not.toContain(login.password);
  });
});

describe('unsubscribing', () => {
  const linkOf = ({ header }: ReceivedMail) => {
    const link = /^<https:\/\/alarm\.example\.com(\/[^>]+)>$/.exec(header('list-unsubscribe') ?? '')?.[1];
    if (link === undefined) throw new Error('No link');
    return link;
  };
  const post = (path: string) =>
    gateway.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
  const mailOfVoucher = async () =>
    (
      await owner.json<{ preferences: { kind: string; channel: string; enabled: boolean }[] }>(
        '/api/v1/notifications/preferences',
      )
    ).preferences.find(({ kind, channel }) => kind === 'voucher' && channel === 'mail')?.enabled;

  it('works by one click of the mail program, without a session, and only for that kind', async () => {
    await tellOfVoucher();
    const mail = await first();
    expect(mail.header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    const link = linkOf(mail);
    expect(mail.mail.text).toContain(link);

    // Programs that look into mails follow links: nothing changes.
    const page = await gateway.fetch(link, { headers: { 'accept-language': 'es' } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<form method="post">');
    expect(await mailOfVoucher()).toBe(true);

    expect((await post(link)).status).toBe(200);
    expect(await mailOfVoucher()).toBe(false);
    expect((await post(link)).status).toBe(200);
    const [row] = await owner.json<{ action: string }[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action: 'notification.unsubscribe', payload: { kind: 'voucher' } });

    server.received.splice(0);
    await tellOfVoucher();
    await inTransaction((tx) =>
      gateway.notifications.notify(tx, accountId, 'payment', 'refunded', { amount: 1, currency: 'EUR' }),
    );
    const [next] = await arrived();
    expect(next?.mail.subject).toBe('Payment refunded');
    expect(server.received).toHaveLength(1);
    await preferences({ preferences: [{ kind: 'voucher', channel: 'mail', enabled: true }] });
  });

  it('is not offered where everybody must be told, and no link for it is believed', async () => {
    await inTransaction((tx) =>
      gateway.notifications.notify(tx, accountId, 'payment', 'refunded', { amount: 1, currency: 'EUR' }),
    );
    const { header, mail } = await first();
    expect(header('list-unsubscribe')).toBeUndefined();
    expect(mail.text).not.toContain('unsubscribe');
  });

  it('takes no link that was made up or changed, and does not say what is wrong with it', async () => {
    await tellOfVoucher();
    const link = linkOf(await first());
    const [path, token = ''] = link.split('unsubscribe/');
    const [account, kind, signature = ''] = token.split('.');
    const wrong = [
      `${newId()}.${kind}.${signature}`,
      `${account}.operator.${signature}`,
      `${account}.payment.${signature}`,
      `${account}.${kind}.${signature.replace(/^./, (c) => (c === '0' ? '1' : '0'))}`,
      `${account}.${kind}.`,
      `${account}`,
    ];
    for (const each of wrong) {
      const response = await post(`${path}unsubscribe/${each}`);
      expect(response.status, each).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'unsubscribe_link_invalid' });
    }
  });

  it('also stops mails that are waiting', { timeout: 90_000 }, async () => {
    let isFirst = true;
    server.gate = async () => {
      if (!isFirst) return;
      isFirst = false;
      throw refusal(451);
    };
    await tellOfVoucher();
    const row = await until(async () => (await outbox()).at(-1)?.error && (await outbox()).at(-1));
    await preferences({ preferences: [{ kind: 'voucher', channel: 'mail', enabled: false }] });
    await until(async () => {
      const [now] = await gateway.database.run((sql) =>
        sql.select().from(outgoingMails).where(eq(outgoingMails.id, row.id)),
      );
      return now !== undefined && now.attempts > 1;
    });
    expect(server.received).toEqual([]);
    await preferences({ preferences: [{ kind: 'voucher', channel: 'mail', enabled: true }] });
  });
});

describe('administrators', () => {
  it('are told in the dashboard and by mail, also those who never signed in', async () => {
    await inTransaction((tx) =>
      gateway.notifications.notifyAdministrators(tx, 'operator', 'operator_key_invalid', {}, '/admin'),
    );
    const mails = await arrived(2);
    expect(mails.map(({ to }) => to).sort()).toEqual([
      'demo@ajaxsecurflow.dev',
      'never-signed-in@example.com',
    ]);
    for (const { mail } of mails) expect(mail.subject).toBe('Ajax refuses the API key');
    const [shown] = await owner.json<{ title: string; type: string }[]>('/api/v1/notifications?limit=1');
    expect(shown).toMatchObject({ title: 'Ajax refuses the API key', type: 'error' });
  });
});

describe('without a mail server', () => {
  it('everything else works, and nothing waits to be mailed', async () => {
    const without = await createTestGateway();
    try {
      const client = await without.signIn();
      const { id } = await client.json<{ id: string }>('/api/v1/auth/me');
      await without.database.run((sql) =>
        sql.transaction((tx) => without.notifications.notify(tx, id, 'voucher', 'redeemed', redeemed)),
      );
      expect(await client.json('/api/v1/notifications')).toHaveLength(1);
      expect(await client.json('/api/v1/notifications/preferences')).toMatchObject({ mail_available: false });
      await without.worker.stop();
      expect(await without.database.run((sql) => sql.select().from(outgoingMails))).toEqual([]);
    } finally {
      await without.close();
    }
  });
});
