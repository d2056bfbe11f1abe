/** Starts the processes of a run and talks to them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { startPostgres } from '../../tests/support/postgres.ts';
import { startRedis } from '../../tests/support/redis.ts';
import type { Job, Outcome, Settings } from './contender.ts';
import type { Arrival, UpstreamAnswer, UpstreamCommand, WorkerAnswer, WorkerCommand } from './messages.ts';

export interface Upstream {
  readonly origin: string;
  reset(there: readonly [number, number], back: readonly [number, number]): Promise<void>;
  arrivals(): Promise<readonly Arrival[]>;
  count(): Promise<number>;
  /** Resolves when so many have arrived. */
  reached(count: number): Promise<void>;
}

export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly running: readonly string[];
  readonly accepting: readonly string[];
  submit(jobs: readonly Job[], how?: string): Promise<void>;
  follow(jobs: readonly Job[], how: string): Promise<readonly number[]>;
  accept(jobs: readonly Job[], how: string): Promise<number>;
  outcomes(jobs: readonly Job[]): Promise<readonly Outcome[]>;
  /** SIGKILL, and a successor at once; resolves when that is ready. */
  replace(): Promise<WorkerProcess>;
  close(): Promise<void>;
}

export interface Rig {
  readonly upstream: Upstream;
  /** A contender that begins with nothing. */
  start(name: string, budget: Budget, options?: StartOptions): Promise<WorkerProcess>;
  /** New jobs, `tenantOf(n)` naming the tenant of the n-th. */
  jobs(count: number, tenantOf?: (n: number) => number): Job[];
  /** What the processes of contenders have written to stderr. */
  close(): Promise<void>;
}

export interface Budget {
  readonly limit: number;
  readonly windowMs: number;
}

interface StartOptions {
  readonly tenants?: number;
  /** Of the process, for instance to profile it. */
  readonly execArgv?: readonly string[];
}

/** As `npm start` does. */
const PRELOADED = ['--import', new URL('../../src/main.compile-cache.ts', import.meta.url).href];

/** Rejects instead of waiting for ever for a process that has given up. */
function talk<Command, Answer extends { readonly type: string }>(child: ChildProcess, name: string) {
  const waiting = new Map<string, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let failure: Error | undefined;
  function fail(error: Error): void {
    failure = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }
  child.on('message', (answer: Answer & { message?: string }) => {
    if (answer.type === 'failed') return fail(new Error(`${name}: ${answer.message}`));
    waiting.get(answer.type)?.resolve(answer);
    waiting.delete(answer.type);
  });
  child.once('exit', (code, signal) => fail(new Error(`${name} has ended (${signal ?? code})`)));
  const next = <T extends Answer['type']>(type: T) =>
    new Promise<Extract<Answer, { type: T }>>((resolve, reject) => {
      if (failure) return reject(failure);
      waiting.set(type, { resolve: (answer) => resolve(answer as Extract<Answer, { type: T }>), reject });
    });
  return {
    next,
    ask<T extends Answer['type']>(command: Command, type: T): Promise<Extract<Answer, { type: T }>> {
      const answer = next(type);
      child.send(command as object);
      return answer;
    },
  };
}

export async function createRig(): Promise<Rig> {
  const redis = await startRedis({ tcp: true, appendOnly: true, settings: { appendfsync: 'everysec' } });
  const database = await startPostgres({ settings: { fsync: 'on' } });
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-bench-'));
  const redisClient = new Redis(redis.url);
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const children = new Set<ChildProcess>();
  let made = 0;
  let jobs = 0;

  function launch(file: string, args: readonly string[], execArgv: readonly string[] = []): ChildProcess {
    const child = fork(new URL(file, import.meta.url), args, {
      execArgv: [...PRELOADED, ...execArgv],
      // The coordinator's log is written, as in production, and read by nobody.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  async function startUpstream(): Promise<Upstream> {
    const { next, ask } = talk<UpstreamCommand, UpstreamAnswer>(launch('./upstream.ts', []), 'upstream');
    const { port } = await next('listening');
    return {
      origin: `http://127.0.0.1:${port}`,
      async reset(there, back) {
        await ask({ type: 'reset', there, back }, 'reset');
      },
      arrivals: async () => (await ask({ type: 'arrivals' }, 'arrivals')).arrivals,
      count: async () => (await ask({ type: 'count' }, 'count')).count,
      async reached(count) {
        await ask({ type: 'watch', count }, 'reached');
      },
    };
  }

  async function work(
    name: string,
    settings: Settings,
    execArgv: readonly string[] = [],
  ): Promise<WorkerProcess> {
    const child = launch('./worker.ts', [name, JSON.stringify(settings)], execArgv);
    const { next, ask } = talk<WorkerCommand, WorkerAnswer>(child, name);
    const { running, accepting } = await next('ready');
    return {
      pid: child.pid,
      running,
      accepting,
      async submit(jobs, how = running[0] ?? '') {
        await ask({ type: 'submit', jobs, how }, 'submitted');
      },
      follow: async (jobs, how) => (await ask({ type: 'follow', jobs, how }, 'followed')).at,
      accept: async (jobs, how) => (await ask({ type: 'accept', jobs, how }, 'accepted')).tookMs,
      outcomes: async (jobs) => (await ask({ type: 'outcomes', jobs }, 'outcomes')).outcomes,
      replace() {
        child.kill('SIGKILL');
        return work(name, { ...settings, resumes: true });
      },
      async close() {
        await ask({ type: 'close' }, 'closed');
        const ended = once(child, 'exit');
        child.disconnect();
        await ended;
      },
    };
  }

  const upstream = await startUpstream();
  return {
    upstream,
    async start(name, budget, { tenants = 50, execArgv } = {}) {
      const database_ = `bench_${made++}`;
      // Sixteen is what Redis has.
      const redisDatabase = made % 16;
      await redisClient.select(redisDatabase);
      await redisClient.flushdb();
      await sql.unsafe(`create database ${database_}`);
      const settings: Settings = {
        ...budget,
        upstream: upstream.origin,
        redisUrl: `${redis.url}/${redisDatabase}`,
        postgresUrl: database.url.replace(/\w+$/, database_),
        directory: join(directory, String(made)),
        tenants,
        resumes: false,
      };
      return work(name, settings, execArgv);
    },
    jobs: (count, tenantOf = () => 0) =>
      Array.from({ length: count }, (_, n) => ({ id: String(++jobs), tenant: tenantOf(n) })),
    async close() {
      for (const child of children) child.kill('SIGKILL');
      redisClient.disconnect();
      await sql.end();
      await Promise.all([redis.stop(), database.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
