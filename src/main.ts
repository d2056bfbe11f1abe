/** Entry: configuration, dependencies, listener. What can be wrong is said before anything is served. */
import { composeGateway, underPrefix } from './compose.ts';
import { type Config, parseConfig } from './config.ts';
import { serveDashboard } from './dashboard.ts';
import { readEnvironment } from './environment.ts';
import { systemClock } from './kernel/clock.ts';
import { createClosers } from './kernel/closers.ts';
import { createLog } from './kernel/log.ts';
import { banner } from './main.banner.ts';
import { startCoordinatorPart } from './main.coordinator.ts';
import { explain } from './main.problem.ts';
import { openStorage } from './main.storage.ts';
import { listen, onShutdown } from './serve.ts';
import { version } from './version.ts';

try {
  await start(parseConfig(readEnvironment()));
} catch (error) {
  process.exitCode = explain(error);
}

async function start(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  const closers = createClosers(log);
  try {
    const storage = await openStorage(config);
    closers.add(storage.close);
    const coordinator = await startCoordinatorPart(config, storage, log);
    closers.add(coordinator.close);

    const { app, trail, hits, refuse } = await composeGateway({
      config,
      version,
      database: storage.database,
      clock: systemClock,
      log,
      secretKey: storage.secretKey,
      coordinatorFetch: coordinator.fetch,
      coordinatorSecret: coordinator.secret,
      coordinatorUrl: config.coordinator.url,
      accountsOf: storage.accountsOf,
      demoAccounts: coordinator.demoAccounts,
      dashboard: serveDashboard(),
    });
    closers.add(() => trail.settle());
    closers.add(() => hits.flush());

    const listener = await listen(
      (request, connection) => app.fetch(underPrefix(config.http.apiPrefix, request), { ...connection }),
      { hostname: config.http.host, port: config.http.port, refuse },
    );
    closers.add(() => listener.close());

    console.log(await banner(config, listener.port, storage, coordinator));
    onShutdown((signal) => {
      log.info({ signal }, 'stopping');
      closers.closeAll().then(() => process.exit(0));
    });
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
