/** Background jobs in a process of their own, beside gateways with WORKER=false. Reads the variables of a gateway. */
import { composeModules } from './compose.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { readEnvironment } from './environment.ts';
import { systemClock } from './kernel/clock.ts';
import { type Closers, createClosers } from './kernel/closers.ts';
import { createLog, type Log } from './kernel/log.ts';
import { explain } from './main.problem.ts';
import { openStorage } from './main.storage.ts';
import { endOnSignal } from './serve.ts';

try {
  const config = parseConfig({ ...readEnvironment(), WORKER: 'true' });
  if (config.databaseUrl === undefined) {
    throw new ConfigError([
      {
        variable: 'DATABASE_URL',
        value: undefined,
        message:
          'is required for a worker of its own: the embedded database belongs to the gateway, which runs its jobs',
      },
    ]);
  }
  const log = createLog(config.logLevel);
  const closers = createClosers(log);
  const started = start(config, log, closers);
  endOnSignal(started, async (signal) => {
    log.info({ signal }, 'stopping');
    await closers.closeAll();
  });
  await started;
} catch (error) {
  process.exitCode = explain(error);
}

async function start(config: Config, log: Log, closers: Closers): Promise<void> {
  try {
    const storage = await openStorage(config);
    closers.add(storage.close);
    const { secretKey, accountsOf, database } = storage;
    const { trail, worker } = await composeModules({
      config,
      database,
      clock: systemClock,
      log,
      secretKey,
      accountsOf,
    });
    closers.add(() => trail.settle());
    closers.add(() => worker.stop());
    console.log(`Working on the background jobs of ${storage.place}`);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
