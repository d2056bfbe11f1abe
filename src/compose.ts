/** Puts the gateway together from what it stands on: main does it once, tests do it with their own parts. */
import { type CoordinatorFetch, createCoordinatorClient } from '../coordinator/contract/client.ts';
import { type AppDependencies, createApp } from './app.ts';
import { createAuditTrail } from './audit/index.ts';
import { createBilling, createUsage } from './billing/index.ts';
import type { BackgroundJob } from './db/background.ts';
import { accountDirectory, createIdentity } from './identity/index.ts';
import { newId } from './kernel/ids.ts';
import { readdress } from './kernel/readdress.ts';
import { createNotifications } from './notifications/index.ts';
import { createHits, createListenerRefusals, type ShieldEvent } from './shield/index.ts';
import { createSupport } from './support/index.ts';
import { createWorker, deadLetterAlertJob } from './worker/index.ts';

export interface GatewayParts
  extends Pick<
    AppDependencies,
    'config' | 'version' | 'database' | 'clock' | 'log' | 'demoAccounts' | 'apiPage' | 'dashboard'
  > {
  readonly secretKey: string;
  /** The coordinator: its app in process, or HTTP. */
  readonly coordinatorFetch: CoordinatorFetch;
  readonly coordinatorSecret: string;
  readonly isCoordinatorInProcess: boolean;
  readonly accountsOf: 'live' | 'demo';
  /** Carries what is asked of Stripe; default: the runtime's fetch. */
  readonly paymentsFetch?: typeof fetch | undefined;
}

type ModuleParts = Pick<
  GatewayParts,
  'config' | 'database' | 'clock' | 'log' | 'secretKey' | 'accountsOf' | 'paymentsFetch'
>;

/** What there is of the product without HTTP: all that background jobs need. Stop the worker before the rest. */
export async function composeModules(parts: ModuleParts) {
  const { config, database, clock, log, secretKey, paymentsFetch } = parts;
  const trail = createAuditTrail(database, clock, log);
  const worker = createWorker({ database, log, runs: config.worker });
  const notifications = await createNotifications({
    ...{ config, database, clock, log, trail, secretKey },
    enqueue: worker.enqueue,
    accounts: accountDirectory,
  });
  const { notify, notifyAdministrators } = notifications;
  const billing = await createBilling({
    ...{ config, database, clock, log, trail, secretKey, notify, notifyAdministrators, paymentsFetch },
    enqueue: worker.enqueue,
  });
  const { deadLetters } = worker;
  const jobs: readonly BackgroundJob[] = [
    ...[...notifications.jobs, ...billing.jobs],
    deadLetterAlertJob({ database, log, deadLetters, tell: notifications.tellOfFailedJobs }),
  ];
  try {
    await worker.start(jobs);
  } catch (error) {
    await worker.stop();
    throw error;
  }
  return { trail, worker, notifications, billing };
}

export async function composeGateway(parts: GatewayParts) {
  const { config, database, clock, log } = parts;
  const coordinator = createCoordinatorClient({
    fetch: parts.coordinatorFetch,
    secret: parts.coordinatorSecret,
    isInProcess: parts.isCoordinatorInProcess,
  });
  const { trail, worker, notifications, billing } = await composeModules(parts);
  const hits = createHits({
    clock,
    log,
    write: (events) =>
      database.run(
        (sql) =>
          sql.transaction(async (tx) => {
            for (const event of events) await trail.event(tx, ...auditEvent(event, clock.now()));
          }),
        // Nobody waits for it.
        10_000,
      ),
  });
  const usage = createUsage(database, clock, log);
  const identity = await createIdentity({
    config,
    database,
    coordinator,
    trail,
    notify: notifications.notify,
    directory: accountDirectory,
    clock,
    log,
    startTrial: billing.startTrial,
    accountsOf: parts.accountsOf,
    secretKey: parts.secretKey,
  });
  billing.onPlansChanged(identity.plansChanged);
  const support = await createSupport({
    ...{ config, database, trail, clock, notifications },
    secretKey: parts.secretKey,
  });
  const app = createApp({
    config,
    version: parts.version,
    database,
    coordinator,
    trail,
    identity,
    usage,
    billing,
    hits,
    clock,
    log,
    deadLetters: worker.deadLetters,
    notifications,
    support,
    demoAccounts: parts.demoAccounts,
    apiPage: parts.apiPage,
    dashboard: parts.dashboard,
  });
  return {
    app,
    trail,
    worker,
    notifications,
    hits,
    usage,
    refuse: createListenerRefusals(config.http.corsOrigins, hits, clock),
  };
}

/** What the shield refused of one client, as an event of the trail: of no account, for the operator to see. */
function auditEvent({ client, sample, total, byRule, since }: ShieldEvent, now: number) {
  return [
    {
      action: 'shield.refused',
      method: sample.method,
      endpoint: sample.path,
      payload: { total, by_rule: byRule, since: new Date(since).toISOString() },
      severity: 'warning',
    },
    {
      correlationId: newId(now),
      clientAddress: client,
      userAgent: '',
      arrivedAt: 0,
      secure: false,
    },
    undefined,
    { outcome: 'refused', statusCode: 403 },
  ] as const;
}

/** Also serves `/api/v1` under the prefix an older installation configured (API_V1_STR). */
export function underPrefix(prefix: string, request: Request): Request {
  if (prefix === '/api/v1') return request;
  const url = new URL(request.url);
  // The first prefix keeps working under a second one that contains it.
  if ('/api/v1'.startsWith(`${prefix}/`) && /^\/api\/v1(\/|$)/.test(url.pathname)) return request;
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return request;
  url.pathname = `/api/v1${url.pathname.slice(prefix.length)}`;
  return readdress(request, url);
}
