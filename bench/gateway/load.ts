/** Requests from this process to a server in another, and what they cost that one. */
import { Pool } from 'undici';
import { cpuMs, type Server } from './processes.ts';

export interface Target {
  readonly server: Server;
  /** Of the n-th request. */
  path(n: number): string;
  headers(): Readonly<Record<string, string>>;
}

export interface Cost {
  /** Microseconds of CPU time of the server per request. */
  readonly cpuMicros: number;
  /** Milliseconds, one request at a time. */
  readonly latenciesMs: readonly number[];
}

export interface Amount {
  readonly requests: number;
  readonly inFlight: number;
  /** Beside those: one at a time, for the latency. */
  readonly alone: number;
}

/** So that no two requests of a run ask for the same. */
let asked = 0;

/** @throws Error for any answer but 200 */
export async function measure(target: Target, { requests, inFlight, alone }: Amount): Promise<Cost> {
  const pool = new Pool(target.server.origin, { pipelining: 1, connections: inFlight });
  const headers = { 'user-agent': USER_AGENT, ...target.headers() };
  const ask = async () => {
    const { statusCode, body } = await pool.request({ method: 'GET', path: target.path(asked++), headers });
    if (statusCode !== 200)
      throw new Error(`${target.server.origin} answered ${statusCode}: ${await body.text()}`);
    await body.dump();
  };
  try {
    const latenciesMs: number[] = [];
    for (let n = 0; n < alone; n++) {
      const startedAt = performance.now();
      await ask();
      latenciesMs.push(performance.now() - startedAt);
    }
    let left = requests;
    const caller = async () => {
      while (left-- > 0) await ask();
    };
    const before = cpuMs(target.server.child);
    await Promise.all(Array.from({ length: inFlight }, caller));
    const used = cpuMs(target.server.child) - before;
    return { cpuMicros: (used / requests) * 1_000, latenciesMs };
  } finally {
    await pool.close();
  }
}

export const USER_AGENT = 'bench/1.0';
