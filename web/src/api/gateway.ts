import { type AdminCalls, createAdminCalls } from './admin-calls.ts';
import { answerOf, asRequest, type Reading, type ReadOptions, read } from './answer.ts';
import { type BillingCalls, createBillingCalls } from './billing-calls.ts';
import { createClient } from './client.ts';
import { createNotificationCalls, type NotificationCalls } from './notification-calls.ts';
import type { SessionFetch } from './session-fetch.ts';
import { createSupportCalls, type SupportCalls } from './support-calls.ts';
import type {
  ArmAnswer,
  ArmCommand,
  AuditEntry,
  Budget,
  Command,
  Credentials,
  Device,
  GatewayInfo,
  Group,
  Hub,
  HubLog,
  Me,
  Named,
  Room,
} from './types.ts';
import { createWebhookCalls, type WebhookCalls } from './webhook-calls.ts';

export type { Reading, ReadOptions } from './answer.ts';

export interface Page {
  readonly limit: number;
  /** Entries to skip, the newest first. */
  readonly offset: number;
}

/** The calls the dashboard makes, each named for what it means. */
export interface Gateway {
  info(): Promise<GatewayInfo>;
  me(): Promise<Me>;
  signIn(credentials: Credentials): Promise<void>;
  signOut(): Promise<void>;
  hubs(options?: ReadOptions): Promise<Reading<readonly Hub[]>>;
  hub(hubId: string, options?: ReadOptions): Promise<Reading<Hub>>;
  devices(hubId: string, options?: ReadOptions): Promise<Reading<readonly Device[]>>;
  rooms(hubId: string, options?: ReadOptions): Promise<Reading<readonly Room[]>>;
  groups(hubId: string, options?: ReadOptions): Promise<Reading<readonly Group[]>>;
  /** A slice of the hub's event log, newest first, in English like the dashboard. Never cached. */
  events(hubId: string, page: Page & Pick<ReadOptions, 'signal'>): Promise<HubLog>;
  arm(hubId: string, command: ArmCommand): Promise<ArmAnswer>;
  /** The receipt of a command of this account. */
  command(commandId: string): Promise<Command>;
  budget(options?: ReadOptions): Promise<Reading<Budget>>;
  auditLog(page: Page): Promise<readonly AuditEntry[]>;
  readonly billing: BillingCalls;
  readonly notifications: NotificationCalls;
  readonly webhooks: WebhookCalls;
  readonly support: SupportCalls;
  readonly admin: AdminCalls;
}

export interface GatewayDeps {
  /** Sends as it is: signing in must not try to renew a session first. */
  readonly fetchOnce: SessionFetch;
  readonly fetch: SessionFetch;
}

export function createGateway(deps: GatewayDeps): Gateway {
  const once = createClient(deps.fetchOnce);
  const client = createClient(deps.fetch);
  const { auth, ajax, budget, commands, security } = client;

  const at = (hubId: string) => ({ param: { hub_id: encodeURIComponent(hubId) } });
  const hub = ajax.hubs[':hub_id'];

  return {
    info: () => answerOf(once.info.$get()),
    me: () => answerOf(auth.me.$get()),
    signIn: async (credentials) => {
      await answerOf(once.auth.token.$post({ json: credentials }));
    },
    signOut: async () => {
      await answerOf(once.auth.logout.$post());
    },
    hubs: async (options) => named(await read(ajax.hubs.$get({}, asRequest(options))), 'Unnamed hub'),
    hub: async (hubId, options) => {
      const { data, ...rest } = await read(hub.$get(at(hubId), asRequest(options)));
      return { ...rest, data: withName(data, 'Unnamed hub') };
    },
    devices: async (hubId, options) =>
      named(await read(hub.devices.$get(at(hubId), asRequest(options))), 'Unnamed device'),
    rooms: (hubId, options) => read(hub.rooms.$get(at(hubId), asRequest(options))),
    groups: async (hubId, options) =>
      named(await read(hub.groups.$get(at(hubId), asRequest(options))), 'Unnamed group'),
    events: (hubId, { limit, offset, signal }) =>
      answerOf(
        hub.logs.$get(
          { ...at(hubId), query: { limit: String(limit), offset: String(offset) } },
          { headers: { 'accept-language': 'en' }, ...(signal && { init: { signal } }) },
        ),
      ),
    arm: async (hubId, command) => {
      const response = await hub['arm-state'].$post({ ...at(hubId), json: command });
      return (await response.json()) as ArmAnswer;
    },
    command: (id) => answerOf(commands[':id'].$get({ param: { id } })),
    budget: (options) => read(budget.$get({}, asRequest(options))),
    auditLog: ({ limit, offset }) =>
      answerOf(security['audit-logs'].$get({ query: { limit: String(limit), offset: String(offset) } })),
    billing: createBillingCalls(client),
    notifications: createNotificationCalls(client),
    webhooks: createWebhookCalls(client),
    support: createSupportCalls(client),
    admin: createAdminCalls(deps.fetch),
  };
}

const withName = <T extends { readonly name: string | null }>(thing: T, name: string): Named<T> => ({
  ...thing,
  name: thing.name || name,
});

const named = <T extends { readonly name: string | null }>(
  { data, ...rest }: Reading<readonly T[]>,
  name: string,
): Reading<readonly Named<T>[]> => ({ ...rest, data: data.map((thing) => withName(thing, name)) });
