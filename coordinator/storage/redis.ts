import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import {
  type Acquisition,
  type Commit,
  type CommitOutcome,
  type CoordinatorStorage,
  type LeaseHolder,
  type RecordKind,
  recordKinds,
} from './port.ts';

export interface RedisStorageOptions {
  /** Begins the name of every key, for installations that share one Redis. Default `ajaxsecurflow`. */
  readonly prefix?: string;
}

/**
 * Storage in Redis, version 6.2 or newer; its TIME is the clock.
 * @param redis from `connectRedis`, which makes commands fail instead of wait and refuses servers that evict
 */
export function createRedisStorage(
  redis: Redis,
  { prefix = 'ajaxsecurflow' }: RedisStorageOptions = {},
): CoordinatorStorage {
  const scripts = defineScripts(redis);
  const keys = keyNames(prefix);
  const read = (kind: RecordKind, what: 'get' | 'count' | 'keys' | 'list', key = '') =>
    scripts.coordinatorRead(keys.values(kind), keys.ends(kind), what, key);

  return {
    async acquire(request) {
      const { holder, url = '', forMs, force, dead = '' } = request;
      const reply = await scripts.coordinatorAcquire(keys.lease, holder, url, forMs, force ? 1 : 0, dead);
      return toAcquisition(reply);
    },
    async holder() {
      const [time, fields] = await Promise.all([
        redis.time(),
        redis.hmget(keys.lease, 'epoch', 'holder', 'url', 'until'),
      ]);
      const [epoch, holder, url, until] = fields;
      const remainingMs = Number(until) - (Number(time[0]) * 1000 + Number(time[1]) / 1000);
      if (!holder || !(remainingMs > 0)) return undefined;
      return { holder, url: url || undefined, epoch: Number(epoch), remainingMs };
    },
    async release(epoch) {
      await scripts.coordinatorRelease(keys.lease, epoch);
    },
    async commit(commit): Promise<CommitOutcome> {
      const [kind, incarnation = ''] = await scripts.coordinatorCommit(keys.all.length, [
        ...keys.all,
        ...commitArguments(commit),
      ]);
      return kind === 'committed' ? { kind, incarnation } : { kind };
    },
    get: async (kind, key) => ((await read(kind, 'get', key)) as string | null) ?? undefined,
    count: async (kind) => (await read(kind, 'count')) as number,
    async keys(kind) {
      const reply = (await read(kind, 'keys')) as string[];
      return inGroups(reply, 2).map(([key = '', remaining]) => ({ key, remainingMs: toMs(remaining) }));
    },
    async list(kind) {
      const reply = (await read(kind, 'list')) as string[];
      return inGroups(reply, 3).map(([key = '', remaining, value = '']) => ({
        key,
        value,
        remainingMs: toMs(remaining),
      }));
    },
  };
}

type Argument = string | number;

/** As ioredis adds them to the client: EVALSHA, and EVAL once where the server does not know the script yet. */
interface Scripts {
  coordinatorAcquire(...keysAndArguments: Argument[]): Promise<string[]>;
  coordinatorRelease(...keysAndArguments: Argument[]): Promise<number>;
  coordinatorCommit(
    countOfKeys: number,
    keysAndArguments: readonly Argument[],
  ): Promise<[CommitOutcome['kind'], string?]>;
  coordinatorRead(...keysAndArguments: Argument[]): Promise<unknown>;
}

function defineScripts(redis: Redis): Scripts {
  redis.defineCommand('coordinatorAcquire', { lua: readScript('acquire'), numberOfKeys: 1 });
  redis.defineCommand('coordinatorRelease', { lua: readScript('release'), numberOfKeys: 1 });
  redis.defineCommand('coordinatorCommit', { lua: readScript('commit') });
  redis.defineCommand('coordinatorRead', { lua: readScript('read'), numberOfKeys: 2 });
  return redis as unknown as Scripts;
}

const readScript = (name: string) => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/** All under one hash tag, so that one script may touch them all wherever keys are spread over servers. */
function keyNames(prefix: string) {
  const name = (rest: string) => `${prefix}:{coordinator}:${rest}`;
  const lease = name('lease');
  const values = (kind: RecordKind) => name(`values:${kind}`);
  const ends = (kind: RecordKind) => name(`ends:${kind}`);
  return { lease, values, ends, all: [lease, ...recordKinds.map(values), ...recordKinds.map(ends)] };
}

const kindNumbers = Object.fromEntries(recordKinds.map((kind, at) => [kind, at + 1])) as Record<
  RecordKind,
  number
>;

function commitArguments(commit: Commit): Argument[] {
  const { epoch, holder, url = '', forMs } = commit.lease;
  const { serial, acknowledged, incarnation, restores } = commit;
  return [
    ...[epoch, holder, url, forMs, serial, acknowledged, incarnation, restores ? 1 : 0],
    commit.delete.length,
    ...commit.delete.flatMap(({ kind, key }) => [kindNumbers[kind], key]),
    ...commit.put.flatMap(({ kind, key, value, forMs = '' }) => [kindNumbers[kind], key, forMs, value]),
  ];
}

function toAcquisition([kind, epoch, ...rest]: readonly string[]): Acquisition {
  if (kind === 'held') {
    const [holder = '', url, remainingMs] = rest;
    const present: LeaseHolder = {
      holder,
      url: url || undefined,
      epoch: Number(epoch),
      remainingMs: Number(remainingMs),
    };
    return { acquired: false, holder: present };
  }
  const [serial, incarnation = '', recorded] = rest;
  return {
    acquired: true,
    epoch: Number(epoch),
    serial: Number(serial),
    incarnation,
    recordedIncarnation: recorded || undefined,
  };
}

const toMs = (remaining: string | undefined) => (remaining ? Number(remaining) : undefined);

const inGroups = (reply: readonly string[], size: number) =>
  Array.from({ length: reply.length / size }, (_, at) => reply.slice(at * size, (at + 1) * size));
