/** Entry: configuration, dependencies, listener. */
import { composeGateway, underPrefix } from './compose.ts';
import { parseConfig } from './config.ts';
import { serveApiPage, serveDashboard } from './dashboard.ts';
import { readEnvironment } from './environment.ts';
import { systemClock } from './kernel/clock.ts';
import { banner } from './main.banner.ts';
import { startCoordinatorPart } from './main.coordinator.ts';
import { explain } from './main.problem.ts';
import { openStorage } from './main.storage.ts';
import { run } from './process.ts';
import { listen } from './serve.ts';
import { version } from './version.ts';

await run({
  configure: () => parseConfig(readEnvironment()),
  explain,
  async start(config, log, closers) {
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
  },
});
