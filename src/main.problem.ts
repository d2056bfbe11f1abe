/** What keeps the gateway from starting, said in one sentence for the person who starts it. */
import { LeaseHeld } from '../coordinator/lease/host.ts';
import { RedisUnusable } from '../coordinator/storage/redis-server.ts';
import { ConfigError, EXIT_CONFIG } from './config.ts';
import { DataDirectoryBusy } from './db/data-directory.ts';
import { DiskFull } from './db/disk-space.pglite.ts';

export class StartProblem extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StartProblem';
  }
}

/** The code of the system or the database nearest to the cause: ECONNREFUSED, EACCES, 28P01, ... */
export function codeOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** The address without its password, and the driver's own word for what is wrong. */
export function databaseUnusable(databaseUrl: string, error: unknown): StartProblem {
  const { host, pathname } = new URL(databaseUrl);
  const why = codeOf(error) ?? 'see the cause';
  return new StartProblem(
    `PostgreSQL at ${host}${pathname} cannot be used (${why}). Check DATABASE_URL, and that the server runs.`,
    error,
  );
}

/** Of listening: what to change. */
const LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use by another program. Stop it first, or choose another PORT.',
  EACCES: 'This user may not listen on that port. Choose a PORT of 1024 or above.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. Use 127.0.0.1, 0.0.0.0 or one of its addresses.',
  ENOTFOUND: 'HOST is a name nobody knows. Use 127.0.0.1, 0.0.0.0 or an address of this machine.',
};

/** Says what is wrong; returns the exit code. */
export function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error(`Configuration problems:\n\n  ${error.message.replaceAll('\n', '\n  ')}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof DataDirectoryBusy) {
    console.error(`${error.message}. Stop it first, or choose another DATA_DIR.`);
    return 1;
  }
  if (error instanceof RedisUnusable) {
    console.error(error.message);
    return EXIT_CONFIG;
  }
  if (error instanceof LeaseHeld) {
    console.error(
      `${error.message}. Only one gateway can have its coordinator in its own process: stop the other, or run ` +
        '`npm run coordinator` once and give every gateway its COORDINATOR_URL.',
    );
    return 1;
  }
  if (error instanceof DiskFull) {
    console.error(`${error.message}. Make room, or choose another DATA_DIR.`);
    return 1;
  }
  if (error instanceof StartProblem) {
    console.error(error.message);
    return 1;
  }
  const listening = LISTENING[codeOf(error) ?? ''];
  console.error(listening ?? 'The gateway could not start.', ...(listening === undefined ? [error] : []));
  return 1;
}
