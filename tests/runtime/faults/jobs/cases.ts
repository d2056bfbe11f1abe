/** For every kind of background job: where it may be when its process dies, and what must be so in the end. */
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { sign } from '../../../../simulator/stripe/outbox.ts';
import { auditRecords } from '../../../../src/audit/table.ts';
import { receiveEvent } from '../../../../src/billing/stripe/events.ts';
import {
  grants,
  stripeCustomers,
  stripeEvents,
  stripeInvoices,
  toldPlans,
} from '../../../../src/billing/table.ts';
import { newId } from '../../../../src/kernel/ids.ts';
import {
  notifications,
  operatorAlerts,
  outgoingMails,
  webhookDeliveries,
  webhookEndpoints,
} from '../../../../src/notifications/table.ts';
import { deadLetterAlertKind } from '../../../../src/worker/dead-letter-alert.ts';
import { storeDeadLetter } from '../../../support/dead-letter.ts';
import { PRICES, WEBHOOK_SECRET } from '../../../support/stripe.ts';
import { ADMINISTRATOR, type JobRig, type Stop } from './rig.ts';

const DAY_MS = 86_400_000;

export interface Case {
  /** In words; the ends of the same story. */
  readonly story: (rig: JobRig) => Promise<Story>;
  readonly stops: Readonly<Record<string, readonly [Stop, Partial<Sendings>?]>>;
}

export interface Story {
  /** What makes the job. */
  readonly cause: () => Promise<void>;
  /** Holds wherever it was stopped. */
  readonly end: (sendings: Sendings) => Promise<void>;
}

/** How often each message has arrived at its server. Servers cannot be asked: what was not noted down is sent again. */
interface Sendings {
  readonly mail: number;
  readonly webhook: number;
}

const OWNER = 'owner@example.com';
const row = (on: 'insert' | 'update' | 'delete', table: string, when?: string): Stop => ({
  ...{ at: 'row', on, table },
  ...(when === undefined ? {} : { when }),
});
const commit = (
  on: 'insert' | 'update' | 'delete',
  table: string,
  then: 'committed' | 'rolled back',
  when?: string,
): Stop => ({ ...{ at: 'commit', on, table, then }, ...(when === undefined ? {} : { when }) });

/** All that the outbox and the log of deliveries have is there: that often, and nothing else is. */
async function expectSent({ sql, mails, hooks }: JobRig, { mail, webhook }: Sendings): Promise<void> {
  const outbox = await sql.select().from(outgoingMails);
  expect(outbox.filter(({ sentAt }) => sentAt === null)).toEqual([]);
  const arrived = mails.received.map((each) => each.mail.messageId).sort();
  const copies = (id: string, times: number) => Array.from({ length: times }, () => id);
  expect(arrived).toEqual(outbox.flatMap(({ id }) => copies(`<${id}@example.com>`, mail)).sort());
  const deliveries = await sql.select().from(webhookDeliveries);
  expect(deliveries.filter(({ state }) => state !== 'delivered')).toEqual([]);
  expect(hooks.received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(
    deliveries.flatMap(({ id }) => copies(id, webhook)).sort(),
  );
}

/** Somebody is told of something, in the dashboard, by mail and by webhook. */
async function telling(rig: JobRig): Promise<Story> {
  const { accountId } = await rig.newOwner(OWNER);
  return {
    cause: () =>
      rig.sql.transaction((tx) =>
        rig.modules.notifications.notify(tx, accountId, 'payment', 'refunded', {
          amount: 1,
          currency: 'EUR',
        }),
      ),
    async end(sendings) {
      expect(await rig.notificationsOf(accountId)).toEqual(['payment refunded']);
      expect(await rig.sql.select().from(outgoingMails)).toHaveLength(1);
      expect(await rig.sql.select().from(webhookDeliveries)).toHaveLength(1);
      await expectSent(rig, sendings);
    },
  };
}

/** A webhook answers that nobody wants it any longer: it is switched off, and its owner told. */
async function goneWebhook(rig: JobRig): Promise<Story> {
  const { cause } = await telling(rig);
  return {
    async cause() {
      rig.hooks.answer = { status: 410 };
      await cause();
    },
    async end() {
      expect(await rig.sql.select().from(webhookDeliveries)).toMatchObject([{ state: 'failed' }]);
      expect(await rig.sql.select().from(webhookEndpoints)).toMatchObject([
        { enabled: false, disabledReason: 'gone' },
      ]);
      const told = await rig.sql.select().from(notifications).where(eq(notifications.kind, 'webhook'));
      expect(told).toMatchObject([{ message: 'disabled' }]);
      expect(await rig.sql.select().from(outgoingMails)).toHaveLength(2);
    },
  };
}

/** Of everything that is kept for a while an old row and a new one. */
async function oldRows(rig: JobRig): Promise<Story> {
  const { accountId, endpointId } = await rig.newOwner(OWNER);
  const ages = [400, 1].map((days) => new Date(Date.now() - days * DAY_MS));
  const tables = [notifications, outgoingMails, webhookDeliveries] as const;
  return {
    async cause() {
      for (const createdAt of ages) {
        const told = { accountId, kind: 'payment', message: 'refunded', params: {}, createdAt } as const;
        await rig.sql.insert(notifications).values({ id: newId(), ...told, inApp: true });
        const mail = { recipient: OWNER, language: 'en', sentAt: createdAt } as const;
        await rig.sql.insert(outgoingMails).values({ id: newId(), ...told, ...mail });
        await rig.sql.insert(webhookDeliveries).values({
          ...{ id: newId(), endpointId, accountId, type: 'x', body: '{}', state: 'delivered', createdAt },
        });
      }
      await rig.enqueue('notification.clean', {});
    },
    async end() {
      for (const table of tables) {
        const rows = await rig.sql.select({ createdAt: table.createdAt }).from(table);
        expect(rows).toEqual([{ createdAt: ages[1] }]);
      }
      expect(rig.mails.received).toEqual([]);
      expect(rig.hooks.received).toEqual([]);
    },
  };
}

/** Events of Stripe, an old one and a new one. */
async function oldEvents(rig: JobRig): Promise<Story> {
  return {
    async cause() {
      for (const days of [400, 1]) {
        const receivedAt = new Date(Date.now() - days * DAY_MS);
        await rig.sql.insert(stripeEvents).values({ id: `evt_${days}`, type: 'invoice.paid', receivedAt });
      }
      await rig.enqueue('billing.clean', {});
    },
    async end() {
      expect(await rig.sql.select({ id: stripeEvents.id }).from(stripeEvents)).toEqual([{ id: 'evt_1' }]);
    },
  };
}

/** What has happened at Stripe is told, as its webhook tells it. */
async function deliver({ modules, stripe }: JobRig): Promise<void> {
  const { payments } = modules.billing;
  if (payments === undefined) throw new Error('Stripe is not configured');
  for (const { payload } of stripe.outbox.take())
    await receiveEvent(payments, payload, await sign(payload, WEBHOOK_SECRET, Date.now()));
}

async function newCustomer(rig: JobRig) {
  await rig.newOwner(ADMINISTRATOR);
  const { accountId } = await rig.newOwner(OWNER);
  const { id: customer } = rig.stripe.bank.createCustomer(OWNER, { account_id: accountId });
  await rig.sql.insert(stripeCustomers).values({ id: customer, accountId });
  return { accountId, customer };
}
const invoicesOf = async ({ sql }: JobRig) =>
  (await sql.select().from(stripeInvoices)).map(({ status }) => status);
const problemsOf = async ({ sql }: JobRig) =>
  (await sql.select().from(auditRecords))
    .map(({ payload }) => (payload as { problem: string }).problem)
    .sort();
const adminTold = async ({ sql }: JobRig) =>
  (await sql.select().from(notifications).where(eq(notifications.kind, 'operator')))
    .map(({ params }) => params.problem)
    .sort();

/** Two subscriptions, the money of one of which went back: everything a look can find and tell. */
async function purchases(rig: JobRig): Promise<Story> {
  const { accountId, customer } = await newCustomer(rig);
  const { bank } = rig.stripe;
  return {
    async cause() {
      bank.subscribe(customer, PRICES.premium, {});
      const { id } = bank.subscribe(customer, PRICES.basic, {});
      const invoice = [...bank.invoices.values()].find(({ subscription }) => subscription === id);
      bank.closeDispute(bank.dispute(invoice?.id ?? '').id, 'lost');
      await deliver(rig);
    },
    async end(sendings) {
      expect(await rig.sql.select().from(grants)).toMatchObject([
        { plan: 'premium', accountId, endedAt: null },
      ]);
      expect((await invoicesOf(rig)).sort()).toEqual(['disputed', 'paid']);
      expect(await rig.notificationsOf(accountId)).toEqual(['payment received', 'plan_change changed']);
      const problems = ['payment_reversed', 'several_subscriptions'];
      expect([await problemsOf(rig), await adminTold(rig)]).toEqual([problems, problems]);
      expect(await rig.sql.select().from(outgoingMails)).toHaveLength(4);
      expect(await rig.sql.select().from(webhookDeliveries)).toHaveLength(4);
      await expectSent(rig, sendings);
    },
  };
}

/** A purchase whose customer is not known here any more. */
async function lostCustomer(rig: JobRig): Promise<Story> {
  const { accountId, customer } = await newCustomer(rig);
  return {
    async cause() {
      await rig.sql.delete(stripeCustomers);
      rig.stripe.bank.subscribe(customer, PRICES.pro, {});
      await deliver(rig);
    },
    async end(sendings) {
      expect(await rig.sql.select().from(grants)).toMatchObject([{ plan: 'pro', accountId, endedAt: null }]);
      expect(await rig.notificationsOf(accountId)).toEqual(['payment received', 'plan_change changed']);
      await expectSent(rig, sendings);
    },
  };
}

/** A purchase was seen, and now it is over. */
async function cancellation(rig: JobRig): Promise<Story> {
  const { accountId, customer } = await newCustomer(rig);
  const { id } = rig.stripe.bank.subscribe(customer, PRICES.pro, {});
  return {
    async cause() {
      await deliver(rig);
      await rig.idle();
      rig.stripe.bank.cancelNow(id);
      await deliver(rig);
    },
    async end(sendings) {
      const given = await rig.sql.select().from(grants);
      expect(given).toMatchObject([{ plan: 'pro', endedAt: expect.any(Date) }]);
      expect(await rig.notificationsOf(accountId)).toEqual([
        ...['payment received', 'plan_change changed', 'plan_change ended'],
      ]);
      await expectSent(rig, sendings);
    },
  };
}

/** A purchase that no event tells of. */
async function silentPurchase(rig: JobRig): Promise<Story> {
  const { accountId, customer } = await newCustomer(rig);
  return {
    async cause() {
      rig.stripe.bank.subscribe(customer, PRICES.pro, {});
      rig.stripe.outbox.take();
      await rig.enqueue('billing.look', { customerId: customer });
    },
    async end(sendings) {
      expect(await rig.sql.select().from(grants)).toMatchObject([{ plan: 'pro', accountId, endedAt: null }]);
      expect(await rig.notificationsOf(accountId)).toEqual(['payment received', 'plan_change changed']);
      await expectSent(rig, sendings);
    },
  };
}

/** A subscription ended yesterday, which no event told. */
async function silentEnd(rig: JobRig): Promise<Story> {
  const { accountId, customer } = await newCustomer(rig);
  const { id } = rig.stripe.bank.subscribe(customer, PRICES.pro, {});
  return {
    async cause() {
      await deliver(rig);
      await rig.idle();
      rig.stripe.bank.cancelNow(id);
      rig.stripe.outbox.take();
      await rig.sql.update(stripeCustomers).set({ writtenFrom: new Date(Date.now() - 2 * DAY_MS) });
      await rig.enqueue('billing.look-all', {});
    },
    async end(sendings) {
      expect(await rig.sql.select().from(grants)).toMatchObject([{ endedAt: expect.any(Date) }]);
      expect(await rig.notificationsOf(accountId)).toEqual([
        ...['payment received', 'plan_change changed', 'plan_change ended'],
      ]);
      await expectSent(rig, sendings);
    },
  };
}

/** A customer somebody else has made: the operator is told. */
async function stranger(rig: JobRig): Promise<Story> {
  await rig.newOwner(ADMINISTRATOR);
  return {
    async cause() {
      rig.stripe.bank.createCustomer('stranger@example.com', {});
      await deliver(rig);
    },
    async end(sendings) {
      const problems = ['customer_unknown'];
      expect([await problemsOf(rig), await adminTold(rig)]).toEqual([problems, problems]);
      await expectSent(rig, sendings);
    },
  };
}

/** A plan has run out: who had it is told. */
async function ranOut(rig: JobRig): Promise<Story> {
  const { accountId } = await rig.newOwner(OWNER);
  return {
    async cause() {
      const until = new Date();
      const given = { plan: 'premium', source: 'trial', from: new Date(until.getTime() - DAY_MS) } as const;
      await rig.sql.insert(grants).values({ id: newId(), accountId, ...given, until });
      await rig.sql.insert(toldPlans).values({ accountId, plan: 'premium', dueAt: until });
      await rig.enqueue('billing.turns', {});
    },
    async end(sendings) {
      expect(await rig.sql.select().from(toldPlans)).toMatchObject([{ plan: 'free', dueAt: null }]);
      expect(await rig.notificationsOf(accountId)).toEqual(['plan_change ended']);
      await expectSent(rig, sendings);
    },
  };
}

/** A job has failed for good: the operator is told. */
async function failedForGood(rig: JobRig): Promise<Story> {
  const { accountId } = await rig.newOwner(ADMINISTRATOR);
  return {
    async cause() {
      await storeDeadLetter(rig.database, newId());
      await rig.sql.transaction((tx) => rig.modules.worker.enqueue(tx, deadLetterAlertKind, {}));
    },
    async end(sendings) {
      expect(await rig.sql.select().from(operatorAlerts)).toMatchObject([{ alert: 'jobs_failed:example' }]);
      expect(await rig.notificationsOf(accountId)).toEqual(['operator jobs_failed']);
      await expectSent(rig, sendings);
    },
  };
}

const isSent = 'old.sent_at is null and new.sent_at is not null';
const isWritten = 'old.written <> new.written';

/** By the names of the kinds. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  'notification.fan-out': [
    {
      story: telling,
      stops: {
        'before the mail is in the outbox': [row('insert', 'outgoing_mails')],
        'between mail and webhook': [row('insert', 'webhook_deliveries')],
        'in its commit': [commit('insert', 'webhook_deliveries', 'committed')],
        'in its commit, which fails': [commit('insert', 'webhook_deliveries', 'rolled back')],
      },
    },
  ],
  'mail.send': [
    {
      story: telling,
      stops: {
        'before its attempt is counted': [row('update', 'outgoing_mails')],
        'before the server has taken it': [{ at: 'mail' }],
        'before that is written down': [row('update', 'outgoing_mails', isSent), { mail: 2 }],
        'in its commit': [commit('update', 'outgoing_mails', 'committed', isSent)],
        'in its commit, which fails': [
          commit('update', 'outgoing_mails', 'rolled back', isSent),
          { mail: 2 },
        ],
      },
    },
  ],
  'webhook.send': [
    {
      story: telling,
      stops: {
        'before it is answered': [{ at: 'webhook' }, { webhook: 2 }],
        'before that is written down': [row('update', 'webhook_deliveries'), { webhook: 2 }],
        'in its commit': [commit('update', 'webhook_endpoints', 'committed')],
        'in its commit, which fails': [commit('update', 'webhook_endpoints', 'rolled back'), { webhook: 2 }],
      },
    },
    {
      story: goneWebhook,
      stops: {
        'before its owner is told': [row('insert', 'notifications', "new.kind = 'webhook'")],
        'in the commit that switches it off': [commit('update', 'webhook_endpoints', 'committed')],
      },
    },
  ],
  'notification.clean': [
    {
      story: oldRows,
      stops: {
        'at its beginning': [row('delete', 'notifications')],
        'between two tables': [row('delete', 'outgoing_mails')],
        'at its end': [row('delete', 'webhook_deliveries')],
        'in a commit': [commit('delete', 'outgoing_mails', 'committed')],
        'in a commit, which fails': [commit('delete', 'outgoing_mails', 'rolled back')],
      },
    },
  ],
  'worker.dead-letters': [
    {
      story: failedForGood,
      stops: {
        'before it is noted down': [row('insert', 'operator_alerts')],
        'before somebody is told': [row('insert', 'notifications')],
        'in its commit': [commit('insert', 'operator_alerts', 'committed')],
        'in its commit, which fails': [commit('insert', 'operator_alerts', 'rolled back')],
      },
    },
  ],
  'billing.look': [
    {
      story: silentPurchase,
      stops: {
        'before Stripe answers': [{ at: 'stripe', path: '/v1/invoices' }],
        'before a grant is written': [row('insert', 'grants')],
        'in its commit': [commit('insert', 'grants', 'committed')],
        'in its commit, which fails': [commit('insert', 'grants', 'rolled back')],
      },
    },
  ],
  'billing.look-all': [
    {
      story: silentEnd,
      stops: {
        'before a look is stored': [row('insert', 'pgboss.job', "new.name = 'billing.look'")],
      },
    },
  ],
  'billing.clean': [
    {
      story: oldEvents,
      stops: {
        'at its beginning': [row('delete', 'stripe_events')],
        'in its commit': [commit('delete', 'stripe_events', 'committed')],
        'in its commit, which fails': [commit('delete', 'stripe_events', 'rolled back')],
      },
    },
  ],
  'billing.turns': [
    {
      story: ranOut,
      stops: {
        'before somebody is told': [row('insert', 'notifications')],
        'before that is noted down': [row('update', 'told_plans')],
        'in its commit': [commit('update', 'told_plans', 'committed')],
        'in its commit, which fails': [commit('update', 'told_plans', 'rolled back')],
      },
    },
  ],
  'billing.stripe-event': [
    {
      story: purchases,
      stops: {
        'before the look is numbered': [row('update', 'stripe_customers')],
        'before its first question is answered': [{ at: 'stripe', path: '/v1/customers/' }],
        'between customer and subscriptions': [{ at: 'stripe', path: '/v1/subscriptions' }],
        'between subscriptions and invoices': [{ at: 'stripe', path: '/v1/invoices' }],
        'between invoices and charges': [{ at: 'stripe', path: '/v1/charges' }],
        'between charges and disputes': [{ at: 'stripe', path: '/v1/disputes' }],
        'before anything is written': [row('update', 'stripe_customers', isWritten)],
        'before a grant is written': [row('insert', 'grants')],
        'before a problem is written': [row('insert', 'audit_records')],
        'before somebody is told': [row('insert', 'notifications')],
        'before an invoice is written': [row('insert', 'stripe_invoices')],
        'in its commit': [commit('insert', 'grants', 'committed')],
        'in its commit, which fails': [commit('insert', 'grants', 'rolled back')],
        'asking whose a charge is': [{ at: 'stripe', path: '/v1/charges/' }],
      },
    },
    {
      story: lostCustomer,
      stops: {
        'asking whose a customer is': [{ at: 'stripe', path: '/v1/customers/' }],
        'adopting a customer': [commit('insert', 'stripe_customers', 'committed')],
      },
    },
    {
      story: cancellation,
      stops: {
        'before a grant is ended': [row('update', 'grants')],
        'in the commit that ends a grant': [commit('update', 'grants', 'committed')],
        'in the commit that ends a grant, which fails': [commit('update', 'grants', 'rolled back')],
      },
    },
    {
      story: stranger,
      stops: {
        'telling of a stranger': [row('insert', 'notifications')],
        'in the commit that tells of a stranger': [commit('insert', 'notifications', 'committed')],
      },
    },
  ],
};
