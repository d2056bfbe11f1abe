/**
 * Machines that each run one coordinator process at a time, restarted by a supervisor when it ends, and the way to
 * them. All share one storage; one of them is active.
 */
import type { CoordinatorFetch } from '../../../coordinator/contract/client.ts';
import type { Host } from '../../../coordinator/lease/host.ts';
import type { CoordinatorConfig } from '../../../src/config.ts';
import type { Judge } from '../model/judge.ts';
import type { Product } from '../product.ts';
import type { Chance } from './chance.ts';
import type { Network } from './network.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import type { SimulatedStorage } from './storage.ts';
import type { Time } from './time.ts';

export interface Machine {
  readonly url: string;
  readonly process: SimulatedProcess;
  readonly host: Host | undefined;
  isClosing: boolean;
}

export interface Installation {
  /** From a gateway, which reaches one machine or another. */
  readonly fetch: CoordinatorFetch;
  machines(): readonly Machine[];
  active(): Machine | undefined;
  /** SIGKILL; back after so long. */
  kill(machine: Machine, downMs: number): void;
  /** SIGTERM; back after so long. */
  restart(machine: Machine, downMs: number): void;
  stop(machine: Machine, forMs: number, how: 'stopped' | 'suspended'): void;
}

export interface InstallationOptions {
  readonly time: Time;
  readonly chance: Chance;
  /** Of the product itself: what it draws changes nothing else in the world. */
  readonly random: () => number;
  readonly judge: Judge;
  readonly product: Product;
  readonly storage: SimulatedStorage;
  readonly network: Network;
  readonly config: CoordinatorConfig;
  readonly machines: number;
  /** Whether an account exists. */
  readonly hasAccounts: () => boolean;
}

export const SECRET = 'coordinator-secret';
const SECRET_KEY = 'a-secret-key-of-the-installation-0001';
/** Callers let go of a process that does not answer (coordinator/contract/liveness.ts). */
const GIVEN_UP_MS = 2_000;
const MOST_WALL_ERROR_MS = 5_000;
const RESTART_AFTER_FAILURE_MS = 1_000;

interface Waiting {
  fail(error: Error): void;
}

export function createInstallation(options: InstallationOptions): Installation {
  const { time, chance, random, judge, product, storage, network, config, hasAccounts } = options;
  const machines = new Map<string, Machine & { host: Host | undefined }>();
  /** Exchanges under way, by the process that is to answer. */
  const waiting = new Map<SimulatedProcess, Set<Waiting>>();
  let starts = 0;

  const hopMs = () => chance.between(0.1, 3);

  /** @param back how what comes back reaches the sender */
  function exchange(
    url: string,
    request: Request,
    back: (afterMs: number, event: () => void) => void,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (event: () => void) => {
        if (isOver) return;
        isOver = true;
        back(hopMs(), event);
      };
      request.signal.addEventListener('abort', () => end(() => reject(new Error('left'))), { once: true });
      time.after(hopMs(), () => {
        const machine = machines.get(url);
        if (machine?.host === undefined || !machine.process.isAlive()) {
          return end(() => reject(Object.assign(new Error('refused'), { code: 'ERR_NOT_WRITTEN' })));
        }
        const { process, host } = machine;
        const mine: Waiting = { fail: (error) => end(() => reject(error)) };
        const others = waiting.get(process) ?? new Set();
        waiting.set(process, others.add(mine));
        if (process.isStopped()) giveUpIfStopped(process, mine);
        process.run(() => {
          // Who has left is not served: its connection is closed.
          if (isOver) return;
          host.fetch(request).then(
            (response) => {
              others.delete(mine);
              end(() => resolve(response));
            },
            (error: unknown) => mine.fail(error as Error),
          );
        });
      });
    });
  }

  function giveUpIfStopped(process: SimulatedProcess, exchange: Waiting): void {
    time.after(GIVEN_UP_MS, () => {
      if (process.isAlive() && process.isStopped()) exchange.fail(new Error('stopped answering'));
    });
  }

  async function start(url: string): Promise<void> {
    const process = createProcess(
      `${url.slice(7, 8)}${++starts}`,
      time,
      chance,
      chance.between(-MOST_WALL_ERROR_MS, MOST_WALL_ERROR_MS),
    );
    const machine = { url, process, host: undefined as Host | undefined, isClosing: false };
    machines.set(url, machine);
    process.onStop(() => {
      for (const exchange of waiting.get(process) ?? []) giveUpIfStopped(process, exchange);
    });
    judge.note('start', process.name);
    const forward = product.createForward({
      random,
      fetch: (request) =>
        exchange(new URL(request.url).origin, request, (afterMs, event) => process.deliver(afterMs, event)),
    });
    try {
      const { clock } = process;
      const log = product.silentLog;
      machine.host = await product.startHost({
        ...{ clock, random, log, url, forward },
        storage: storage.connect(process),
        secretKey: SECRET_KEY,
        isAlone: false,
        isFirstRun: async () => !hasAccounts(),
        async open({ records, isDistrusted }) {
          judge.opening(process.name, isDistrusted);
          const sendOnce = network.connect(process);
          return product.createCoordinator({
            ...{ config, records, isDistrusted, clock, random, log, url, sendOnce },
            secretKey: SECRET_KEY,
          });
        },
        serve(life) {
          judge.opened(process.name);
          const app = product.createCoordinatorApp({ coordinator: life, secret: SECRET, log, random });
          return async (request) => app.fetch(request);
        },
      });
    } catch {
      // Without a storage there is nothing to start on: its supervisor tries again.
      process.kill();
      time.after(RESTART_AFTER_FAILURE_MS, () => void start(url));
    }
  }

  function kill(machine: Machine, downMs: number): void {
    const { process, url } = machine;
    if (!process.isAlive()) return;
    process.kill();
    judge.died(process.name);
    for (const exchange of waiting.get(process) ?? []) exchange.fail(new Error('reset'));
    waiting.delete(process);
    time.after(downMs, () => void start(url));
  }

  for (let n = 0; n < options.machines; n++) {
    const url = `http://${'abc'[n]}.test:8001`;
    time.after(n * 700, () => void start(url));
  }

  const all = () => [...machines.values()];
  return {
    machines: all,
    active: () => all().find(({ host, process }) => process.isAlive() && host?.role() === 'active'),
    kill,
    restart(machine, downMs) {
      if (machine.host === undefined || machine.isClosing || !machine.process.isAlive()) return;
      machine.isClosing = true;
      machine.host.close().then(
        () => kill(machine, downMs),
        () => kill(machine, downMs),
      );
    },
    stop({ process }, forMs, how) {
      process.stop(forMs, how);
    },
    fetch(request) {
      const up = all().filter(({ host, process }) => process.isAlive() && host !== undefined);
      const { url } = up.length > 0 ? chance.pick(up) : { url: 'http://nobody.test' };
      return exchange(url, request, (afterMs, event) => void time.after(afterMs, event));
    },
  };
}
