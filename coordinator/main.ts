/** The coordinator as a process of its own, for installations with several gateways. */
import { ConfigError, EXIT_CONFIG, parseCoordinatorConfig } from '../src/config.ts';
import { openPostgres } from '../src/db/postgres.ts';
import { readEnvironment } from '../src/environment.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { createClosers } from '../src/kernel/closers.ts';
import { createLog } from '../src/kernel/log.ts';
import { createSender } from '../src/kernel/send-once.undici.ts';
import { listen, onShutdown, runtimeName } from '../src/serve.ts';
import { createCoordinatorApp } from './app.ts';
import { createCoordinator } from './coordinator.ts';
import { createDatabaseStorage } from './storage/postgres.ts';

try {
  await start();
} catch (error) {
  process.exitCode = explain(error);
}

async function start(): Promise<void> {
  const config = parseCoordinatorConfig(readEnvironment());
  const log = createLog(config.logLevel);
  const closers = createClosers(log);
  try {
    const database = await openPostgres(config.databaseUrl);
    closers.add(() => database.close());
    const sender = createSender({
      origin: new URL(config.baseUrl).origin,
      timeoutMs: config.requestTimeoutMs,
    });
    closers.add(() => sender.close());
    const coordinator = await createCoordinator({
      config,
      storage: createDatabaseStorage(database),
      clock: systemClock,
      log,
      secretKey: config.secretKey,
      sendOnce: sender.send,
    });
    const app = createCoordinatorApp({ coordinator, secret: config.secret, log });
    const listener = await listen((request) => app.fetch(request), {
      hostname: config.host,
      port: config.port,
    });
    // Work ends first, then the connections its callers wait on: both at once, or neither would end.
    closers.add(async () => {
      await Promise.all([coordinator.close(), listener.close()]);
    });
    console.log(`Coordinator ready at http://${config.host}:${listener.port} (${runtimeName})`);
    onShutdown((signal) => {
      log.info({ signal }, 'stopping');
      closers.closeAll().then(() => process.exit(0));
    });
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Says what keeps the coordinator from starting; returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error(`Configuration problems:\n\n  ${error.message.replaceAll('\n', '\n  ')}\n`);
    return EXIT_CONFIG;
  }
  console.error('The coordinator could not start.', error);
  return 1;
}
