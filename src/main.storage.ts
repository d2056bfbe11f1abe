/** Opens what the gateway stores in: the embedded database in the data directory, or PostgreSQL. */
import { join } from 'node:path';
import { type Config, ConfigError } from './config.ts';
import type { Database } from './db/client.ts';
import { type DataDirectory, DataDirectoryBusy, openDataDirectory } from './db/data-directory.ts';
import { openPglite } from './db/pglite.ts';
import { openPostgres } from './db/postgres.ts';
import { accountsOfOtherUpstream } from './identity/index.ts';
import { codeOf, databaseUnusable } from './main.problem.ts';
import { prepareJobs } from './worker/index.ts';

export interface OpenStorage {
  readonly database: Database;
  /** Where the data is, for people; no credentials. */
  readonly place: string;
  readonly secretKey: string;
  readonly accountsOf: 'live' | 'demo';
  /** Where the demo's upstream keeps its state; undefined without a data directory. */
  readonly demoStateFile?: string;
  readonly close: () => Promise<void>;
}

/**
 * @throws ConfigError when the stored accounts belong to another upstream than the configured one
 * @throws DataDirectoryBusy
 */
export async function openStorage(config: Config): Promise<OpenStorage> {
  const accountsOf = config.upstream === 'demo' || config.upstream === 'unconfigured' ? 'demo' : 'live';
  const { databaseUrl, secretKey } = config;
  if (databaseUrl !== undefined) {
    const database = await openPostgres(databaseUrl, prepareJobs).catch((error: unknown) => {
      throw databaseUnusable(databaseUrl, error);
    });
    await refuseMixedAccounts(database, accountsOf);
    const { host, pathname } = new URL(databaseUrl);
    const close = () => database.close();
    return {
      database,
      place: `PostgreSQL ${host}${pathname}`,
      secretKey: secretKey ?? '',
      accountsOf,
      close,
    };
  }

  const directory = await openDataDirectory(config.dataDirectory).catch((error: unknown) => {
    throw unusable(config.dataDirectory, error);
  });
  try {
    if (config.upstream === 'unconfigured') await refuseToHideAccounts(directory);
    const database = await openPglite(directory.databasePath(accountsOf), { prepare: prepareJobs });
    return {
      database,
      place: directory.databasePath(accountsOf),
      secretKey: secretKey ?? directory.secretKey(),
      accountsOf,
      ...(accountsOf === 'demo' && { demoStateFile: join(directory.path, 'simulator.json') }),
      async close() {
        await database.close();
        directory.release();
      },
    };
  } catch (error) {
    directory.release();
    throw error;
  }
}

function unusable(directory: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof DataDirectoryBusy) return error;
  return new ConfigError([
    {
      variable: 'DATA_DIR',
      value: directory,
      message: `cannot be used (${code}); expected a directory this user may write to`,
    },
  ]);
}

/** Without any setting the simulator is the upstream, but never over the data of a real installation. */
async function refuseToHideAccounts(directory: DataDirectory): Promise<void> {
  if (!directory.hasDatabase('live')) return;
  const database = await openPglite(directory.databasePath('live'));
  const count = await accountsOfOtherUpstream(database, 'demo').finally(() => database.close());
  if (count === 0) return;
  throw new ConfigError([
    {
      variable: 'AJAX_API_KEYS',
      value: undefined,
      message:
        `is required: ${directory.path} holds ${count} real account(s); ` +
        'DEMO=true runs the simulator beside them',
    },
  ]);
}

async function refuseMixedAccounts(database: Database, accountsOf: 'live' | 'demo'): Promise<void> {
  const count = await accountsOfOtherUpstream(database, accountsOf);
  if (count === 0) return;
  await database.close();
  const other = accountsOf === 'demo' ? 'real accounts' : 'accounts of the demo';
  throw new ConfigError([
    {
      variable: 'DATABASE_URL',
      value: undefined,
      message: `names a database with ${count} ${other}; demo and real accounts need databases of their own`,
    },
  ]);
}
