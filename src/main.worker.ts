/** Background jobs in a process of their own, beside gateways with WORKER=false. Reads the variables of a gateway. */
import { composeModules } from './compose.ts';
import { ConfigError, parseConfig } from './config.ts';
import { readEnvironment } from './environment.ts';
import { systemClock } from './kernel/clock.ts';
import { explain } from './main.problem.ts';
import { openStorage } from './main.storage.ts';
import { run } from './process.ts';

await run({
  configure() {
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
    return config;
  },
  explain,
  async start(config, log, closers) {
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
  },
});
