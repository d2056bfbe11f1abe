/** Entry: configuration, dependencies, listener. What can be wrong is said before anything is served. */
import { composeGateway, underPrefix } from './compose.ts';
import { type Config, parseConfig } from './config.ts';
import { serveApiPage, serveDashboard } from './dashboard.ts';
import { readEnvironment } from './environment.ts';
import { systemClock } from './kernel/clock.ts';
import { type Closers, createClosers } from './kernel/closers.ts';
import { createLog, type Log } from './kernel/log.ts';
import { banner } from './main.banner.ts';
import { startCoordinatorPart } from './main.coordinator.ts';
import { explain } from './main.problem.ts';
import { openStorage } from './main.storage.ts';
import { endOnSignal, listen } from './serve.ts';
import { version } from './version.ts';

try {
  const config = parseConfig(readEnvironment());
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
    const coordinator = await startCoordinatorPart(config, storage, log);
    closers.add(coordinator.close);

    const { app, trail, worker, hits, usage, refuse } = await composeGateway({
      config,
      version,
      database: storage.database,
      clock: systemClock,
      log,
      secretKey: storage.secretKey,
      coordinatorFetch: coordinator.fetch,
      isCoordinatorInProcess: coordinator.isInProcess,
      coordinatorSecret: coordinator.secret,
      accountsOf: storage.accountsOf,
      demoAccounts: coordinator.demoAccounts,
      apiPage: serveApiPage(),
      dashboard: serveDashboard(),
    });
    closers.add(() => trail.settle());
    closers.add(() => hits.flush());
    closers.add(() => usage.settle());
    closers.add(() => worker.stop());

    const listener = await listen(
      (request, connection) => app.fetch(underPrefix(config.http.apiPrefix, request), { ...connection }),
      { hostname: config.http.host, port: config.http.port, refuse },
    );
    closers.add(() => listener.close());

    console.log(await banner(config, listener.port, storage, coordinator));
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
