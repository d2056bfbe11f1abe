/** The coordinator as a process of its own, for installations with several gateways. */
import { ConfigError, EXIT_CONFIG, parseCoordinatorConfig } from '../src/config.ts';
import { isFirstRun } from '../src/db/first-run.ts';
import { openPostgres } from '../src/db/postgres.ts';
import { readEnvironment } from '../src/environment.ts';
import { run } from '../src/process.ts';
import { listen, runtimeName } from '../src/serve.ts';
import { LeaseHeld } from './lease/host.ts';
import { startCoordinator } from './start.ts';
import { openCoordinatorStorage } from './storage/open.ts';
import { RedisUnusable } from './storage/redis-server.ts';

await run({
  configure: () => parseCoordinatorConfig(readEnvironment()),
  explain,
  async start(config, log, closers) {
    const database = await openPostgres(config.databaseUrl);
    closers.add(() => database.close());
    const { storage, close } = await openCoordinatorStorage(database, config.redisUrl, log);
    closers.add(close);
    const host = await startCoordinator({
      ...{ config, storage, log },
      secretKey: config.secretKey,
      secret: config.secret,
      metricsToken: config.metricsToken,
      url: config.advertiseUrl,
      isAlone: false,
      isFirstRun: () => isFirstRun(database),
    });
    const listener = await listen(host.fetch, { hostname: config.host, port: config.port });
    // Work ends first, then the connections its callers wait on: both at once, or neither would end.
    closers.add(async () => {
      await Promise.all([host.close(), listener.close()]);
    });
    console.log(
      `Coordinator ready at http://${config.host}:${listener.port} (${runtimeName}, ${host.role()})`,
    );
  },
});

/** Says what keeps the coordinator from starting; returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error(`Configuration problems:\n\n  ${error.message.replaceAll('\n', '\n  ')}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof RedisUnusable) {
    console.error(error.message);
    return EXIT_CONFIG;
  }
  if (error instanceof LeaseHeld) {
    console.error(
      `${error.message}. Stop it first, or let one stand by: give each COORDINATOR_ADVERTISE_URL.`,
    );
    return 1;
  }
  console.error('The coordinator could not start.', error);
  return 1;
}
