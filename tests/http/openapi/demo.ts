/** A gateway like the demo, with everything the examples of the API's description speak of. */

import { sign } from '../../../simulator/stripe/outbox.ts';
import type { Environment } from '../../../src/config.ts';
import { accounts } from '../../../src/identity/table.ts';
import { createKeyedHash } from '../../../src/kernel/crypto.ts';
import { exampleUuid } from '../../../src/kernel/demo-world.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import { exampleToken } from '../../../src/notifications/schema.ts';
import {
  createTestGateway,
  SECRET_KEY,
  type SignedInClient,
  type TestGateway,
} from '../../support/gateway.ts';
import { startStripe, stripeEnvironment, WEBHOOK_SECRET } from '../../support/stripe.ts';
import { own, receipt, scriptedCoordinator } from '../scripted-coordinator.ts';
import { prepareBilling } from './demo-billing.ts';
import { type ExampleRequest, type Operation, readDescription } from './described.ts';
import { store } from './stored.ts';

export const METRICS_TOKEN = 'metrics token of a test';
export const ADMIN_SECRET = 'admin secret of a test';

export async function startDemo(env: Environment = {}) {
  const coordinator = scriptedCoordinator();
  const stripe = startStripe({ send: async () => 200 });
  let isDatabaseDown = false;
  const gateway = await createTestGateway({
    env: {
      ADMIN_EMAILS: 'demo@ajaxsecurflow.dev',
      ADMIN_SECRET_KEY: ADMIN_SECRET,
      METRICS_TOKEN,
      // The clock is moved for days.
      ACCESS_TOKEN_EXPIRE_MINUTES: '43200',
      REFRESH_TOKEN_EXPIRE_DAYS: '60',
      // Premium is not sold.
      ...{ ...stripeEnvironment, STRIPE_PRICE_ID_PREMIUM: '', DEFAULT_PLAN: 'premium' },
      ...env,
    },
    demoAccounts: true,
    paymentsFetch: stripe.fetch,
    coordinatorFetch: coordinator.wrap,
    database: (next) => ({
      ...next,
      run: (work, timeoutMs) =>
        isDatabaseDown ? Promise.reject(new GatewayError('database_unavailable')) : next.run(work, timeoutMs),
    }),
  });
  const description = await readDescription(await gateway.fetch('/api/v1/openapi.json'));
  return {
    gateway,
    stripe,
    coordinator,
    ...description,
    async setActive(isActive: boolean): Promise<void> {
      await gateway.database.run((sql) => sql.update(accounts).set({ isActive }));
      gateway.clock.skip(1_001);
    },
    /** Sessions are remembered for 1 s. */
    async withoutDatabase<T>(work: () => Promise<T>): Promise<T> {
      gateway.clock.skip(1_001);
      isDatabaseDown = true;
      try {
        return await work();
      } finally {
        isDatabaseDown = false;
      }
    },
  };
}
export type Demo = Awaited<ReturnType<typeof startDemo>>;

/** Ajax has nothing with this method so far: its own 405 is what a passed-through request gets. */
export const refusedByAjax: Readonly<Record<string, number>> = { passThroughPatch: 405 };

/** Puts there what the examples name. */
export async function prepare(demo: Demo, operation: Operation): Promise<void> {
  const { coordinator, gateway } = demo;
  coordinator.clear();
  await prepareBilling(demo, operation);
  await store(gateway, operation);
  const path = new RegExp(`/(commands|jobs)/${exampleUuid}$`);
  const AT = Date.UTC(2026, 7, 1, 9, 30);
  const job = {
    id: exampleUuid,
    request: { path: '/api/v1/ajax/hubs/4D24B203/rooms' },
    reads: 2,
    answered: operation.method === 'DELETE' ? 1 : 2,
    createdAt: AT,
    expiresAt: AT + 900_000,
    state: operation.method === 'DELETE' ? 'cancelled' : 'ready',
  };
  const done = { state: 'confirmed', outcome: 'done', status: 204, sentAt: AT, answeredAt: AT } as const;
  const cancelled = { outcome: 'not_executed', code: 'command_not_executed' } as const;
  const command = receipt({
    path: 'hubs/4D24B203/commands/arming',
    hub: '4d24b203',
    ...(operation.method === 'DELETE' ? cancelled : done),
  });
  coordinator.on((_request, at) => {
    const [, kind] = path.exec(at) ?? [];
    return kind === undefined ? undefined : own(kind === 'jobs' ? job : command);
  });
}

/** Whoever tries the kill switch leaves the demo stopped. */
export async function letRequestsGo({ gateway }: Demo, administrator: SignedInClient): Promise<void> {
  const response = await administrator.fetch('/api/v1/admin/upstream', {
    method: 'PUT',
    headers: { 'x-admin-secret': ADMIN_SECRET },
    body: JSON.stringify({ stopped: false }),
  });
  if (response.status !== 200) throw new Error(`Ajax stays stopped: ${await response.text()}`);
  // A command is taken for the one before it for 30 s.
  gateway.clock.skip(31_000);
}

/** What the security of an operation asks for, as this client has it. */
export function credentialsFor(operation: Operation, client: SignedInClient): Record<string, string> {
  const schemes = new Set(operation.security.flatMap((alternative) => Object.keys(alternative)));
  return {
    ...(schemes.has('bearer') ? { authorization: `Bearer ${client.accessToken}` } : {}),
    ...(schemes.has('adminSecret') ? { 'x-admin-secret': ADMIN_SECRET } : {}),
    ...(schemes.has('metricsToken') ? { authorization: `Bearer ${METRICS_TOKEN}` } : {}),
  };
}

/** Sends a request made of examples; a token that is one becomes a real one. */
export async function send(
  gateway: TestGateway,
  operation: Operation,
  { method, path, headers, body }: ExampleRequest,
  client: SignedInClient | undefined,
): Promise<Response> {
  const text =
    body !== undefined && operation.path.endsWith('/refresh') && client !== undefined
      ? body.replace(/"eyJ[^"]*"/, JSON.stringify(client.refreshToken))
      : body;
  const signed: Record<string, string> =
    operation.path === '/api/v1/billing/webhook'
      ? { 'stripe-signature': await sign(text ?? '', WEBHOOK_SECRET, Date.now()) }
      : {};
  const real = path.includes(exampleToken) ? path.replace(exampleToken, await unsubscribeToken()) : path;
  return gateway.fetch(real, {
    method,
    headers: { ...signed, ...(client === undefined ? {} : credentialsFor(operation, client)), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

async function unsubscribeToken(): Promise<string> {
  const sign = await createKeyedHash(SECRET_KEY, 'gateway:unsubscribe');
  const claim = exampleToken.slice(0, exampleToken.lastIndexOf('.'));
  return `${claim}.${await sign(claim)}`;
}
