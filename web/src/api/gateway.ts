import type { SessionFetch } from './session-fetch.ts';
import type {
  ArmAnswer,
  ArmCommand,
  AuditEntry,
  Budget,
  Credentials,
  Device,
  GatewayInfo,
  Group,
  Hub,
  Me,
  Room,
} from './types.ts';

export interface ReadOptions {
  /** Asks for data no older than the hub's last change instead of the gateway's cache. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

export interface Reading<T> {
  readonly data: T;
  /** The pace the gateway asks for, if it does. */
  readonly suggestedIntervalMs: number | undefined;
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
  arm(hubId: string, command: ArmCommand): Promise<ArmAnswer>;
  budget(options?: ReadOptions): Promise<Reading<Budget>>;
  auditLog(page: { readonly limit: number; readonly offset: number }): Promise<readonly AuditEntry[]>;
}

export interface GatewayDeps {
  /** Sends as it is: signing in must not try to renew a session first. */
  readonly fetchOnce: SessionFetch;
  readonly fetch: SessionFetch;
}

export function createGateway({ fetch, fetchOnce }: GatewayDeps): Gateway {
  async function read<T>(path: string, options: ReadOptions = {}): Promise<Reading<T>> {
    const response = await fetch(path, {
      headers: options.fresh ? { 'cache-control': 'no-cache' } : {},
      signal: options.signal ?? null,
    });
    return { data: (await response.json()) as T, suggestedIntervalMs: readSuggestedIntervalMs(response) };
  }

  const post = (send: SessionFetch, path: string, body: unknown): Promise<Response> =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const hubPath = (hubId: string): string => `/api/v1/ajax/hubs/${encodeURIComponent(hubId)}`;

  return {
    info: async () => (await (await fetchOnce('/api/v1/info')).json()) as GatewayInfo,
    me: async () => (await read<Me>('/api/v1/auth/me')).data,
    signIn: async (credentials) => {
      await readToEnd(await post(fetchOnce, '/api/v1/auth/token', credentials));
    },
    signOut: async () => {
      await readToEnd(await post(fetchOnce, '/api/v1/auth/logout', {}));
    },
    hubs: (options) => read('/api/v1/ajax/hubs', options),
    hub: (hubId, options) => read(hubPath(hubId), options),
    devices: (hubId, options) => read(`${hubPath(hubId)}/devices`, options),
    rooms: (hubId, options) => read(`${hubPath(hubId)}/rooms`, options),
    groups: (hubId, options) => read(`${hubPath(hubId)}/groups`, options),
    arm: async (hubId, command) =>
      (await (await post(fetch, `${hubPath(hubId)}/arm-state`, command)).json()) as ArmAnswer,
    budget: (options) => read('/api/v1/budget', options),
    auditLog: async ({ limit, offset }) =>
      (await read<readonly AuditEntry[]>(`/api/v1/security/audit-logs?limit=${limit}&offset=${offset}`)).data,
  };
}

/** The cookies are what matters here; a body left unread would keep its connection busy. */
const readToEnd = (response: Response): Promise<string> => response.text();

function readSuggestedIntervalMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('x-suggested-interval') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
