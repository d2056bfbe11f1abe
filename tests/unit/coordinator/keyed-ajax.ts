/** Ajax as it is with several API keys: sessions belong to the key they were made with, and keys can be revoked. */
import type { Log } from '../../../src/kernel/log.ts';
import {
  type Arrival,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createTestClock,
  createWorld,
  get,
  type Reply,
  type TestClock,
  type WorldOptions,
} from './world.ts';

export const KEYS = ['key-one-of-the-operator', 'key-two-of-the-operator', 'key-three-of-the-operator'];

export const keyOf = ({ headers }: Arrival) => KEYS.indexOf(headers['x-api-key'] ?? '') + 1;
export const pathOf = ({ path }: Arrival) => path.replace('/api/', '');

export function createKeyedAjax(clock: TestClock) {
  const fake = createFakeAjax(clock);
  const revoked = new Set<number>();
  const sessions = new Map<string, { key: number; account: string }>();
  const refreshTokens = new Map<string, { key: number; account: string; session: string }>();
  let tokens = 0;
  let more: (arrival: Arrival) => Reply | undefined | Promise<Reply | undefined> = () => undefined;

  function issue(key: number, account: string): Reply {
    const sessionToken = `session-${++tokens}-of-key-${key}`;
    const refreshToken = `refresh-${tokens}-of-key-${key}`;
    sessions.set(sessionToken, { key, account });
    refreshTokens.set(refreshToken, { key, account, session: sessionToken });
    return { status: 200, body: { userId: account, sessionToken, refreshToken } };
  }

  fake.behave((arrival) => {
    const key = keyOf(arrival);
    const { path, headers } = arrival;
    if (revoked.has(key)) return { status: 401, body: { message: 'User is not authorized' } };
    const special = more(arrival);
    if (special !== undefined) return special;
    const body = JSON.parse(arrival.body || '{}');
    if (path === '/api/login') return issue(key, accountOf(body.login));
    if (path === '/api/refresh') {
      const known = refreshTokens.get(body.refreshToken);
      refreshTokens.delete(body.refreshToken);
      if (known?.key !== key) return { status: 401, body: { message: 'Wrong refresh token' } };
      sessions.delete(known.session);
      return issue(key, known.account);
    }
    const session = sessions.get(headers['x-session-token'] ?? '');
    if (session?.key !== key) return { status: 401, body: { message: 'Wrong session token' } };
    return { status: 200, body: { by: key } };
  });

  return {
    ...fake,
    behave(behaviour: typeof more) {
      more = behaviour;
    },
    revoke: (key: number) => void revoked.add(key),
    restore: (key: number) => void revoked.delete(key),
    endSessions: () => sessions.clear(),
    /** Arrivals on one key, in words. */
    on: (key: number) => fake.arrivals.filter((arrival) => keyOf(arrival) === key).map(pathOf),
  };
}
export type KeyedAjax = ReturnType<typeof createKeyedAjax>;

const EMAILS = ['ann', 'ben', 'cid', 'dora', 'emil', 'fay'] as const;
export type Name = (typeof EMAILS)[number];
const emailOf = (name: Name) => `${name}@example.com`;
/** Of an e-mail. */
const accountOf = (email: string) => `AB${EMAILS.indexOf(email.split('@')[0] as Name)}`;
export const idOf = (name: Name) => accountOf(emailOf(name)).toLowerCase();

export async function createKeyedWorld(
  options: Omit<WorldOptions, 'ajax'> & { ajax?: KeyedAjax; keys?: number[] } = {},
) {
  const clock = options.clock ?? createTestClock();
  const ajax = options.ajax ?? createKeyedAjax(clock);
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push(JSON.stringify({ level, ...fields, message }));
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const { keys = [1, 2], ...rest } = options;
  const apiKeys = keys.map((key) => KEYS[key - 1] ?? '');
  const world = await createWorld({ ...rest, clock, ajax, log, config: { ...rest.config, apiKeys } });
  let reads = 0;
  const signIn = (name: Name) => world.client.login({ ...CREDENTIALS, login: emailOf(name) }, context());
  /** A read that nothing else answers. */
  const read = (name: Name, hub = '1') =>
    get(world, ['hubs', hub, 'logs', String(++reads)], { account: idOf(name) });
  return Object.assign(world, {
    ajax,
    lines,
    signIn,
    read,
    readCode: (name: Name) => codeOf(read(name)),
    status: () => world.client.status(context()),
    /** The place of the key an account's calls arrive on. */
    async placeOf(name: Name) {
      const { body } = await read(name);
      return (body as { by: number }).by;
    },
  });
}
export type KeyedWorld = Awaited<ReturnType<typeof createKeyedWorld>>;
