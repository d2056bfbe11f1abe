/** How every process of the product begins and ends. */
import { type Closers, createClosers } from './kernel/closers.ts';
import { createLog, type Log } from './kernel/log.ts';
import { onShutdown } from './serve.ts';

export interface Program<C> {
  /** @throws what `explain` explains */
  readonly configure: () => C;
  /** Opens what the process is made of; what it has opened when it fails is closed. */
  readonly start: (config: C, log: Log, closers: Closers) => Promise<void>;
  /** Says what keeps the process from starting. @returns the exit code */
  readonly explain: (error: unknown) => number;
}

/** Runs until a signal comes, then closes in the opposite order. What can be wrong is said before anything is served. */
export async function run<C extends { readonly logLevel: Parameters<typeof createLog>[0] }>({
  configure,
  start,
  explain,
}: Program<C>): Promise<void> {
  try {
    const config = configure();
    const log = createLog(config.logLevel);
    const closers = createClosers(log);
    const started = start(config, log, closers).catch(async (error: unknown) => {
      await closers.closeAll();
      throw error;
    });
    endOnSignal(started, async (signal) => {
      log.info({ signal }, 'stopping');
      await closers.closeAll();
    });
    await started;
  } catch (error) {
    process.exitCode = explain(error);
  }
}

/** Leaves half of the ten seconds that Docker grants by default for the closing. */
const LONGEST_WAIT_FOR_START_MS = 5_000;

/**
 * Ends the process on a signal, also while it starts: the first process of a container is not ended by a signal it
 * does not handle. What a start has half opened cannot be closed, so the start is waited for, at most 5 s.
 * A start that fails says why and ends by itself.
 */
function endOnSignal(started: Promise<unknown>, close: (signal: string) => Promise<void>): void {
  const hasFailed = started.then(
    () => false,
    () => true,
  );
  onShutdown(async (signal) => {
    const isOverdue = new Promise<false>((resolve) => setTimeout(resolve, LONGEST_WAIT_FOR_START_MS, false));
    if (await Promise.race([hasFailed, isOverdue])) return;
    await close(signal);
    process.exit(0);
  });
}
