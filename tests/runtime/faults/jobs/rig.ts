/** The worker of the product as a process that is killed, with all that its jobs speak to: PostgreSQL, Stripe, mail, webhooks. */
import type { ChildProcess } from 'node:child_process';
import { eq, sql as raw } from 'drizzle-orm';
import { PgBoss } from 'pg-boss';
import { auditRecords } from '../../../../src/audit/table.ts';
import {
  grants,
  stripeCustomers,
  stripeEvents,
  stripeInvoices,
  stripeSubscriptions,
  toldPlans,
} from '../../../../src/billing/table.ts';
import { composeModules } from '../../../../src/compose.ts';
import { parseConfig } from '../../../../src/config.ts';
import { openPostgres } from '../../../../src/db/postgres.ts';
import { accounts } from '../../../../src/identity/table.ts';
import { systemClock } from '../../../../src/kernel/clock.ts';
import { createSealer } from '../../../../src/kernel/crypto.ts';
import { newId } from '../../../../src/kernel/ids.ts';
import { silentLog } from '../../../../src/kernel/log.ts';
import {
  notifications,
  operatorAlerts,
  outgoingMails,
  webhookDeliveries,
  webhookEndpoints,
} from '../../../../src/notifications/table.ts';
import { listen } from '../../../../src/serve.ts';
import { adapterOf, prepareJobs } from '../../../../src/worker/database.pg-boss.ts';
import { EXAMPLE_KIND } from '../../../support/dead-letter.ts';
import { refusal, startMailServer } from '../../../support/mail-server.ts';
import { startPostgres } from '../../../support/postgres.ts';
import { startStripe, stripeEnvironment } from '../../../support/stripe.ts';
import { until } from '../../../support/until.ts';
import { startWebhookReceiver } from '../../../support/webhook-receiver.ts';
import { startWorkerProcess } from '../../../support/worker-process.ts';
import { type ArmedStop, type DatabaseStop, openStops } from './stops.ts';

const SECRET_KEY = 'a test secret of more than 32 characters';
export const ADMINISTRATOR = 'operator@example.com';

/** Where a job is when its process is killed. */
export type Stop =
  | DatabaseStop
  /** Stripe has been asked this, and has not answered. */
  | { readonly at: 'stripe'; readonly path: string }
  /** The server has all of the mail, and has not said that it takes it. */
  | { readonly at: 'mail' }
  /** The webhook is there, and not answered. */
  | { readonly at: 'webhook' };

export interface Owner {
  readonly accountId: string;
  readonly email: string;
  readonly endpointId: string;
}

export async function startJobRig() {
  const postgres = await startPostgres();
  const mails = await startMailServer();
  const hooks = await startWebhookReceiver();
  const stripe = startStripe({ send: async () => 200 });
  let beforeStripe = async (_path: string): Promise<void> => {};
  const listener = await listen(
    async (request) => {
      await beforeStripe(new URL(request.url).pathname);
      return stripe.fetch(request);
    },
    { hostname: '127.0.0.1', port: 0 },
  );
  const env = {
    ...stripeEnvironment,
    ...{ STRIPE_API_BASE: `http://127.0.0.1:${listener.port}`, FRONTEND_URL: 'http://127.0.0.1:9' },
    ...{ DATABASE_URL: postgres.url, SECRET_KEY, ADMIN_EMAILS: ADMINISTRATOR, WORKER: 'false' },
    ...{ COORDINATOR_URL: 'http://127.0.0.1:9', COORDINATOR_SECRET: 'a secret of the coordinator' },
    ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mails.port), SMTP_TLS: 'false' },
    ...{ SMTP_FROM_EMAIL: 'gateway@example.com', WEBHOOKS_ALLOW_PRIVATE: 'true' },
  };
  const database = await openPostgres(postgres.url, prepareJobs);
  const modules = await composeModules({
    config: parseConfig(env),
    ...{ database, clock: systemClock, log: silentLog, secretKey: SECRET_KEY, accountsOf: 'live' },
  });
  const jobs = [...modules.notifications.jobs, ...modules.billing.jobs];
  const statements = database.openStatements();
  const boss = new PgBoss({
    db: adapterOf(statements),
    ...{ supervise: false, schedule: false, registerInstance: false },
  });
  boss.on('error', () => {});
  await boss.start();
  const stops = await openStops(postgres.url);
  const sealer = await createSealer(SECRET_KEY, 'gateway:webhook-secrets');
  let worker: ChildProcess | undefined;

  const rowsOf = async (query: ReturnType<typeof raw>) => [
    ...((await database.sql.execute(query)) as unknown as Iterable<Record<string, unknown>>),
  ];
  const unended = () =>
    rowsOf(raw`select name, state::text from pgboss.job where state < 'completed'
      and name not like '\\_\\_pgboss%' and name <> 'dead-letters'`);

  /** Somebody asks for something, and is not answered before the process is dead. */
  function holdOnce(): { hold: () => Promise<boolean>; armed: ArmedStop } {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { promise: lifted, resolve: lift } = Promise.withResolvers<void>();
    let held = 0;
    return {
      /** @returns whether this was the one */
      async hold() {
        if (held++ > 0) return false;
        reach();
        await lifted;
        return true;
      },
      armed: { reached, lift: async () => lift() },
    };
  }

  function arm(stop: Stop): ArmedStop | Promise<ArmedStop> {
    if (stop.at === 'row' || stop.at === 'commit') return stops.arm(stop);
    const { hold, armed } = holdOnce();
    switch (stop.at) {
      case 'stripe':
        beforeStripe = async (path) => {
          if (path.startsWith(stop.path)) await hold();
        };
        return armed;
      case 'mail':
        mails.gate = async () => {
          if (await hold()) throw refusal(451, 'Whoever sent this is dead');
        };
        return armed;
      case 'webhook': {
        const { answer } = hooks;
        hooks.answer = 'hang';
        const reached = until(() => hooks.received.length > 0);
        return {
          reached,
          async lift() {
            hooks.answer = answer;
          },
        };
      }
    }
  }

  /** A minute of silence, without waiting for it; then what is to be tried again is due. */
  async function noticeSilence(): Promise<void> {
    await database.sql.execute(raw`
      update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute' where state = 'active'`);
    await database.sql.execute(raw`update pgboss.queue set monitor_on = null, monitor_claim_on = null`);
    await boss.supervise();
    await database.sql.execute(raw`update pgboss.job set start_after = now() where state = 'retry'`);
  }

  return {
    ...{ database, modules, mails, hooks, stripe },
    sql: database.sql,
    async enqueue(name: string, data: object): Promise<void> {
      const kind = jobs.find((job) => job.kind.name === name)?.kind;
      if (kind === undefined) throw new Error(`There is no kind ${name}`);
      await database.sql.transaction((tx) => modules.worker.enqueue(tx, kind, data));
    },
    /** The kinds of jobs that the worker of the product knows. */
    async kinds(): Promise<string[]> {
      const rows = await rowsOf(raw`select name from pgboss.queue where name not like '\\_\\_pgboss%'`);
      return rows.map(({ name }) => String(name)).filter((name) => name !== 'dead-letters');
    },
    async start(): Promise<void> {
      worker = await startWorkerProcess('node', env);
    },
    /** Nothing has happened yet; only accounts stay. */
    async forget(): Promise<void> {
      mails.gate = () => {};
      hooks.answer = { status: 200 };
      beforeStripe = async () => {};
      mails.received.length = 0;
      hooks.received.length = 0;
      await database.sql.execute(raw`delete from pgboss.job`);
      for (const table of [
        ...[notifications, operatorAlerts, outgoingMails, webhookDeliveries, webhookEndpoints, auditRecords],
        ...[grants, toldPlans, stripeInvoices, stripeSubscriptions, stripeCustomers, stripeEvents, accounts],
      ])
        await database.sql.delete(table);
    },
    async newOwner(email: string): Promise<Owner> {
      const [accountId, endpointId] = [newId(), newId()];
      await database.sql
        .insert(accounts)
        .values({ id: accountId, ajaxUserId: email, email, upstream: 'live' });
      await database.sql.insert(webhookEndpoints).values({
        ...{ id: endpointId, accountId, url: hooks.url, description: '', enabled: true },
        kinds: ['payment', 'plan_change', 'operator'],
        secretSealed: await sealer.seal('whsec_AAAA', `webhook:${endpointId}`),
      });
      return { accountId, email, endpointId };
    },
    /** Kills the worker when a job of this kind is at the stop, and lets another one end what it left. */
    async killAt(kind: string, stop: Stop, cause: () => Promise<void>): Promise<void> {
      const armed = await arm(stop);
      await cause();
      await armed.reached;
      // What goes on beside it would be in the middle of something, too.
      await until(async () => (await unended()).every(({ name }) => name === kind));
      const active = (await unended()).filter(({ state }) => state === 'active').map(({ name }) => name);
      if (!active.includes(kind)) throw new Error(`Stopped in ${active.join(', ')} instead of ${kind}`);
      const dead = new Promise((resolve) => worker?.once('exit', resolve));
      worker?.kill('SIGKILL');
      await dead;
      await armed.lift();
      await noticeSilence();
      await this.start();
      await this.idle();
      const letters = await rowsOf(raw`
        select output from pgboss.job where name = 'dead-letters' and source_name <> ${EXAMPLE_KIND}`);
      if (letters.length > 0) throw new Error(`Dead letters: ${JSON.stringify(letters)}`);
    },
    /** Everything there was to do is done. */
    idle: () => until(async () => (await unended()).length === 0),
    notificationsOf: async (accountId: string) =>
      (await database.sql.select().from(notifications).where(eq(notifications.accountId, accountId)))
        .map(({ kind, message }) => `${kind} ${message}`)
        .sort(),
    async close(): Promise<void> {
      worker?.kill('SIGKILL');
      await stops.close();
      await boss.stop({ graceful: false });
      await statements.close();
      await modules.worker.stop();
      await database.close();
      await listener.close();
      await hooks.close();
      await mails.close();
      await postgres.stop();
    },
  };
}
export type JobRig = Awaited<ReturnType<typeof startJobRig>>;
