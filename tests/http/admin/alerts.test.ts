/** What administrators are told about the installation, and of jobs that failed for good. */
import { eq, sql as raw } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { notifications, operatorAlerts } from '../../../src/notifications/table.ts';
import { deadLetterAlertKind } from '../../../src/worker/dead-letter-alert.ts';
import { storeDeadLetter } from '../../support/dead-letter.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';
import { type MailServer, startMailServer } from '../../support/mail-server.ts';
import { until } from '../../support/until.ts';

interface Alert {
  id: string;
  kind: string;
  title: string;
  message: string;
  link: string;
}

let server: MailServer;
let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;

beforeAll(async () => {
  server = await startMailServer();
  gateway = await createTestGateway({
    env: {
      ADMIN_EMAILS: 'demo@ajaxsecurflow.dev',
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_TLS: 'false',
      SMTP_FROM_EMAIL: 'gateway@example.com',
      METRICS_TOKEN: 'a token of more than 16 characters',
      ACCESS_TOKEN_EXPIRE_MINUTES: '1440',
    },
  });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});
afterEach(async () => {
  const { sql } = gateway.database;
  await sql.delete(notifications);
  await sql.delete(operatorAlerts);
  await sql.execute(raw`delete from pgboss.job where name in ('dead-letters', 'worker.dead-letters')`);
  server.received.splice(0);
});

const PATH = '/api/v1/admin/alerts';
const list = (query = '', headers = {}) => owner.json<Alert[]>(`${PATH}${query}`, { headers });
/** As the schedule has it done every minute. */
async function look(): Promise<void> {
  await gateway.database.run((sql) => gateway.worker.enqueue(sql, deadLetterAlertKind, {}));
  await until(async () => {
    const { rows } = await gateway.database
      .openStatements()
      .execute("select id from pgboss.job where name = 'worker.dead-letters' and state <> 'completed'");
    return rows.length === 0;
  });
}
async function die(kind = 'example', id = newId()): Promise<string> {
  await storeDeadLetter(gateway.database, id);
  await gateway.database.sql.execute(raw`update pgboss.job set source_name = ${kind} where id = ${id}`);
  return id;
}
const mailJobs = async () =>
  (
    await gateway.database
      .openStatements()
      .execute("select id from pgboss.job where name in ('mail.send', 'notification.fan-out')")
  ).rows.length;

describe('a job that failed for good', () => {
  it('is told to administrators in the dashboard, by mail and in the log, with its reason', async () => {
    await die();
    await look();
    expect(await list()).toMatchObject([
      {
        kind: 'operator',
        title: 'Background work has failed for good',
        message: 'example: one job failed in every attempt. The last reason: On purpose',
        link: '/admin?show=jobs',
      },
    ]);
    const [mail] = await until(() => server.received.length > 0 && server.received);
    expect(mail).toMatchObject({ to: 'demo@ajaxsecurflow.dev' });
    expect(mail?.mail.text).toContain('On purpose');
    expect(gateway.logged.join('')).toContain('background jobs have failed for good');
    expect(await stranger.json('/api/v1/notifications')).toEqual([]);
  });

  it('is told of once, and others of its kind an hour later, together', async () => {
    await die();
    await look();
    await look();
    await die();
    await die();
    await look();
    expect(await list()).toHaveLength(1);
    await die('another');
    await look();
    expect(await list()).toHaveLength(2);
    gateway.clock.skip(61 * 60_000);
    await look();
    expect((await list())[0]?.message).toContain('example: 3 jobs');
    gateway.clock.skip(61 * 60_000);
    await look();
    expect(await list()).toHaveLength(3);
  });

  it('is told of although a clock was a year ahead when it was last', async () => {
    const raisedAt = new Date(gateway.clock.now() + 365 * 86_400_000);
    await gateway.database.sql.insert(operatorAlerts).values({ alert: 'jobs_failed:example', raisedAt });
    await die();
    await look();
    await look();
    expect(await list()).toHaveLength(1);
  });

  it.each(['mail.send', 'notification.fan-out', 'webhook.send'])(
    'is told by no job when it was %s: that would fail as well, and be told of again',
    async (kind) => {
      const before = await mailJobs();
      await die(kind);
      await look();
      expect((await list())[0]?.message).toContain(kind);
      expect(await mailJobs()).toBe(before);
    },
  );

  it('is never one of those that tell of it', async () => {
    await die(deadLetterAlertKind.name);
    await look();
    expect(await list()).toEqual([]);
  });

  it('is in the metrics by its kind', async () => {
    await die('bad"kind\n');
    await die();
    await die();
    const response = await gateway.fetch('/metrics', {
      headers: { authorization: 'Bearer a token of more than 16 characters' },
    });
    const lines = (await response.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'ajaxsecurflow_dead_letters{kind="example"} 2',
        'ajaxsecurflow_dead_letters{kind="bad_kind_"} 1',
      ]),
    );
  });
});

describe('GET /admin/alerts', () => {
  const tell = (reason: string) =>
    gateway.database.run((sql) =>
      sql.transaction((tx) =>
        gateway.notifications.notifyAdministrators(tx, 'operator', 'upstream_stopped', { by: 'x', reason }),
      ),
    );

  it('has every alert on exactly one page, and nothing else', async () => {
    const { id } = await owner.json<{ id: string }>('/api/v1/auth/me');
    for (let n = 0; n < 25; n++) {
      gateway.clock.skip(2);
      await tell(`Drill ${n}`);
      await gateway.database.run((sql) =>
        sql.transaction((tx) =>
          gateway.notifications.notify(tx, id, 'payment', 'refunded', { amount: 1, currency: 'EUR' }),
        ),
      );
    }
    const pages = [await list('?limit=10')];
    while (pages.at(-1)?.length === 10)
      pages.push(await list(`?limit=10&before=${pages.at(-1)?.at(-1)?.id}`));
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat().map(({ message }) => message)).toEqual(
      Array.from({ length: 25 }, (_, n) => `Stopped by x. Reason: Drill ${24 - n}`),
    );
  });

  it('also has what its reader does not want among their notifications, in their language', async () => {
    const put = (enabled: boolean) =>
      owner.fetch('/api/v1/notifications/preferences', {
        method: 'PUT',
        body: JSON.stringify({ preferences: [{ kind: 'operator', channel: 'in_app', enabled }] }),
      });
    await put(false);
    await tell('Drill');
    expect(await owner.json('/api/v1/notifications')).toEqual([]);
    expect(await list('', { 'accept-language': 'es' })).toMatchObject([
      { title: 'Todas las peticiones a Ajax están paradas' },
    ]);
    await put(true);
  });

  it('is only for administrators, and for each what they were told', async () => {
    await tell('Drill');
    const response = await stranger.fetch(PATH);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'administrator_required' });
    const { id } = await stranger.json<{ id: string }>('/api/v1/auth/me');
    await gateway.database.run((sql) =>
      sql.update(notifications).set({ accountId: id }).where(eq(notifications.kind, 'operator')),
    );
    expect(await list()).toEqual([]);
    for (const query of ['?limit=0', '?before=1'])
      expect((await owner.fetch(`${PATH}${query}`)).status).toBe(422);
  });
});
