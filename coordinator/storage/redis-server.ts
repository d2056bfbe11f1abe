/** What the coordinator asks of a Redis server, and what to do when it is otherwise. */

/** The Redis cannot be used as it is; the message says what to change, and never shows a password. */
export class RedisUnusable extends Error {
  override readonly name = 'RedisUnusable';
}

const OLDEST_VERSION = [6, 2] as const;

/**
 * Judges a server by its answer to INFO, which is allowed where CONFIG is not.
 * @returns warnings: what works, but costs something after a restart
 * @throws RedisUnusable
 */
export function checkRedisServer(info: string): readonly string[] {
  const fields = parseInfo(info);
  const version = fields.get('redis_version') ?? 'unknown';
  const policy = fields.get('maxmemory_policy') ?? 'unknown';
  const role = fields.get('role') ?? 'unknown';
  const mode = fields.get('redis_mode') ?? 'standalone';

  if (!isNewEnough(version)) {
    throw new RedisUnusable(
      `Redis ${version} is too old: version ${OLDEST_VERSION.join('.')} or newer is needed.`,
    );
  }
  if (mode === 'cluster') {
    throw new RedisUnusable(
      'This Redis runs in cluster mode, which is not supported. Use a single server (cluster-enabled no).',
    );
  }
  if (role !== 'master') {
    throw new RedisUnusable(
      `This Redis is a replica (role ${role}) and takes no writes. Point REDIS_URL at the master.`,
    );
  }
  if (policy !== 'noeviction') {
    throw new RedisUnusable(
      `Redis would throw away records when its memory is full (maxmemory-policy is ${policy}), and with them the ` +
        'count of requests sent to Ajax. Set "maxmemory-policy noeviction" in redis.conf, and now: ' +
        'redis-cli CONFIG SET maxmemory-policy noeviction',
    );
  }
  if (fields.get('aof_enabled') !== '1') {
    return [
      'Redis keeps no append-only file: its restart loses upstream sessions and commands in progress, and requests ' +
        'pause until the budget is certain again. Set "appendonly yes" in redis.conf, and now: ' +
        'redis-cli CONFIG SET appendonly yes',
    ];
  }
  return [];
}

function parseInfo(info: string): ReadonlyMap<string, string> {
  return new Map(
    info
      .split(/\r?\n/)
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
}
