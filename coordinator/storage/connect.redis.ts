import { Redis, type RedisOptions } from 'ioredis';
import type { Log } from '../../src/kernel/log.ts';
import { checkRedisServer, RedisUnusable } from './redis-server.ts';

/** A storage that hangs is as good as down after this long (promise P11). */
const COMMAND_TIMEOUT_MS = 2_000;
/** A connection whose other end is gone says nothing for minutes: drop it soon after its commands have failed. */
const SILENT_SOCKET_MS = 3_000;
const CONNECT_TIMEOUT_MS = 5_000;
const LONGEST_RECONNECT_DELAY_MS = 2_000;

export interface RedisConnection {
  /** While there is no connection, commands fail at once; it comes back by itself. */
  readonly redis: Redis;
  close(): Promise<void>;
}

/**
 * Connects and checks that the server can be relied on.
 * @param url redis://, rediss:// (TLS), both with user, password and /{database}, or unix://{path}?db={database}
 * @throws RedisUnusable when it cannot be reached, refuses the login, or is not fit; the message says what to do
 */
export async function connectRedis(url: string, log: Log): Promise<RedisConnection> {
  const { place, options } = parseRedisUrl(url);
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    // Nothing waits for a connection, nothing is sent again on the next one: a commit would run late.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENT_SOCKET_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(LONGEST_RECONNECT_DELAY_MS, 50 * 2 ** Math.min(attempt, 10)),
    // A primary that was demoted refuses writes; its name may lead to the new one by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  let lastError: Error | undefined;
  let isReported = true;
  redis.on('error', (error: Error) => {
    lastError = error;
    if (!isReported) log.error({ place, error }, 'Redis cannot be reached; trying on');
    isReported = true;
  });
  redis.on('close', () => {
    if (!isReported) log.error({ place }, 'the connection to Redis is lost; trying on');
    isReported = true;
  });
  redis.on('ready', () => {
    log.info({ place }, 'connected to Redis');
    isReported = false;
  });
  try {
    await redis.connect().catch((error: unknown) => {
      throw unreachable(place, lastError ?? error);
    });
    const info = await redis.info().catch((error: unknown) => {
      throw unreachable(place, error);
    });
    for (const warning of checkRedisServer(info)) log.warn({ place }, warning);
  } catch (error) {
    isReported = true;
    redis.disconnect();
    throw error;
  }
  return {
    redis,
    async close() {
      isReported = true;
      // Commands in flight are answered first; without a connection there are none.
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

function unreachable(place: string, error: unknown): RedisUnusable {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  const reason = code ?? message?.split('\n')[0] ?? 'no reason given';
  // Without the cause: the driver's errors carry the command, and that of a login its password (promise P9).
  return new RedisUnusable(
    `Redis at ${place} cannot be used (${reason}). Check REDIS_URL, and that the server runs.`,
  );
}

/** @throws RedisUnusable for anything but the three forms; a wrong URL is not shown, it may hold a password */
function parseRedisUrl(text: string): { readonly place: string; readonly options: RedisOptions } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:', 'unix:'].includes(url.protocol)) {
    throw new RedisUnusable('REDIS_URL is not a redis://, rediss:// or unix:// address.');
  }
  const isSocket = url.protocol === 'unix:';
  const database = url.searchParams.get('db') ?? (isSocket ? '' : url.pathname.slice(1));
  if (!/^\d*$/.test(database)) throw new RedisUnusable('REDIS_URL names a database that is not a number.');
  const login = {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    db: Number(database),
  };
  if (isSocket) {
    const path = decodeURIComponent(url.pathname);
    return { place: path, options: { ...login, path } };
  }
  // The brackets of an IPv6 address belong to the URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port || 6379);
  // RFC 6066, section 3: an address is no server name.
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host);
  const tls = url.protocol === 'rediss:' && { tls: isAddress ? {} : { servername: host } };
  return { place: `${url.hostname}:${port}`, options: { ...login, host, port, ...tls } };
}
