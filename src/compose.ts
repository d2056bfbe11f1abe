/** Puts the gateway together from what it stands on: main does it once, tests do it with their own parts. */
import { type CoordinatorFetch, createCoordinatorClient } from '../coordinator/contract/client.ts';
import { type AppDependencies, createApp } from './app.ts';
import { createAuditTrail } from './audit/index.ts';
import { createIdentity } from './identity/index.ts';

export interface GatewayParts
  extends Pick<
    AppDependencies,
    'config' | 'version' | 'database' | 'clock' | 'log' | 'demoAccounts' | 'apiPage' | 'dashboard'
  > {
  readonly secretKey: string;
  /** The coordinator: its app in process, or HTTP. */
  readonly coordinatorFetch: CoordinatorFetch;
  readonly coordinatorSecret: string;
  readonly accountsOf: 'live' | 'demo';
}

export async function composeGateway(parts: GatewayParts) {
  const { config, database, clock, log } = parts;
  const coordinator = createCoordinatorClient({
    fetch: parts.coordinatorFetch,
    secret: parts.coordinatorSecret,
  });
  const trail = createAuditTrail(database, clock, log);
  const identity = await createIdentity({
    config,
    database,
    coordinator,
    trail,
    clock,
    log,
    accountsOf: parts.accountsOf,
    secretKey: parts.secretKey,
  });
  const app = createApp({
    config,
    version: parts.version,
    database,
    coordinator,
    trail,
    identity,
    clock,
    log,
    demoAccounts: parts.demoAccounts,
    apiPage: parts.apiPage,
    dashboard: parts.dashboard,
  });
  return { app, trail };
}

/** Also serves `/api/v1` under the prefix an older installation configured (API_V1_STR). */
export function underPrefix(prefix: string, request: Request): Request {
  if (prefix === '/api/v1') return request;
  const url = new URL(request.url);
  // The first prefix keeps working under a second one that contains it.
  if ('/api/v1'.startsWith(`${prefix}/`) && /^\/api\/v1(\/|$)/.test(url.pathname)) return request;
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return request;
  url.pathname = `/api/v1${url.pathname.slice(prefix.length)}`;
  return new Request(url, request);
}
