/**
 * This project's coordinator, all in one process with its caller as in the default installation, started by the code
 * that starts it there. What differs is given from outside: budget, upstream, storage.
 */
import {
  type CoordinatorClient,
  createCoordinatorClient,
  JobWaiting,
} from '../../../coordinator/contract/client.ts';
import { startCoordinator } from '../../../coordinator/start.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import { createLog } from '../../../src/kernel/log.ts';
import type { Contender, Job, Settings } from '../contender.ts';
import { forEachInFlight } from './in-flight.ts';

export interface Storage {
  readonly storage: CoordinatorStorage;
  /** Nobody else can be using it. */
  readonly isAlone: boolean;
  close(): Promise<void>;
}

const SECRET = 'between gateway and coordinator';
/** The product's own level: a line per request costs what it costs. */
export const log = createLog('info');

export async function openCoordinator(settings: Settings, storage: Storage): Promise<Contender> {
  const { limit, windowMs, tenants, resumes } = settings;
  if (!resumes) await signIn(settings, storage, tenants);
  const { client, close } = await start(settings, storage, 'bench', { requests: limit, windowMs });

  const read = (job: Job) => ({
    ...addressed(job),
    path: ['hubs', hubOf(job), 'devices', job.id],
    lane: 'interactive' as const,
  });
  const command = (job: Job) => ({
    ...addressed(job),
    method: 'POST' as const,
    path: ['hubs', hubOf(job), 'devices', job.id, 'command'],
    lane: 'command' as const,
    commandId: uuidOf(job),
    body: { command: 'SWITCH_ON' },
  });
  /** Accepted or answered: both are promised. */
  const readLater = async (job: Job) => {
    try {
      await client.read({ ...read(job), job: { id: uuidOf(job), request: { path: `/jobs/${job.id}` } } });
    } catch (error) {
      if (!(error instanceof JobWaiting)) throw error;
    }
  };
  const accepted = { reads: new Set<Job>(), commands: new Set<Job>() };
  return {
    running: {
      async reads(job) {
        await client.read(read(job));
      },
      async commands(job) {
        await client.command(command(job));
      },
    },
    accepting: {
      async 'asynchronous reads'(jobs) {
        await forEachInFlight(jobs, readLater);
        for (const job of jobs) accepted.reads.add(job);
      },
      async 'asynchronous commands'(jobs) {
        await forEachInFlight(jobs, (job) => client.command({ ...command(job), respondAsync: true }));
        for (const job of jobs) accepted.commands.add(job);
      },
    },
    async clear() {
      const cancel = async (job: Job, how: 'cancelJob' | 'cancelCommand') => {
        // What has been sent meanwhile cannot be cancelled any more.
        await client[how](accountOf(job.tenant), uuidOf(job), context(job)).catch(() => {});
      };
      await forEachInFlight([...accepted.reads], (job) => cancel(job, 'cancelJob'));
      await forEachInFlight([...accepted.commands], (job) => cancel(job, 'cancelCommand'));
      accepted.reads.clear();
      accepted.commands.clear();
    },
    outcomes: (jobs) =>
      Promise.all(
        jobs.map(async (job) => {
          const asked = client.receipt(accountOf(job.tenant), uuidOf(job), context(job));
          // Reads have no receipt.
          const outcome = (await asked.catch(() => undefined))?.outcome;
          if (outcome === undefined || outcome === 'pending') return 'nothing';
          if (outcome === 'not_executed') return 'not executed';
          return outcome === 'unknown' ? 'unknown' : 'executed';
        }),
      ),
    async close() {
      await close();
      await storage.close();
    },
  };
}

/** With a key of its own, so that the logins are spent from another budget. */
async function signIn(settings: Settings, storage: Storage, tenants: number): Promise<void> {
  const { client, close } = await start(settings, storage, 'sign-in', { requests: 10_000, windowMs: 1_000 });
  const passwordHash = '0'.repeat(64);
  for (let tenant = 0; tenant < tenants; tenant++) {
    await client.login({ login: loginOf(tenant), passwordHash }, { correlationId: `login-${tenant}` });
  }
  await close();
}

async function start(
  { upstream }: Settings,
  { storage, isAlone }: Storage,
  apiKey: string,
  budget: { readonly requests: number; readonly windowMs: number },
): Promise<{ client: CoordinatorClient; close: () => Promise<void> }> {
  const host = await startCoordinator({
    config: {
      baseUrl: `${upstream}/api/`,
      apiKeys: [apiKey],
      // The others keep nothing back for commands either.
      budget: { ...budget, reserve: 0 },
      requestTimeoutMs: 15_000,
      cacheTtlSeconds: { hubs: 1_800, hub: 30, devices: 30, device: 30, rooms: 600, groups: 30 },
    },
    storage,
    isAlone,
    secretKey: 'the secret key of an installation',
    secret: SECRET,
    metricsToken: undefined,
    url: undefined,
    isFirstRun: async () => true,
    log,
  });
  return {
    client: createCoordinatorClient({ fetch: host.fetch, secret: SECRET, isInProcess: true }),
    close: () => host.close(),
  };
}

const loginOf = (tenant: number) => `tenant${tenant}@bench.test`;
/** As the upstream makes it from the name. */
const accountOf = (tenant: number) => Buffer.from(loginOf(tenant)).toString('hex').slice(0, 64);
const hubOf = ({ tenant }: Job) => `00${tenant.toString(16).padStart(6, '0')}`;
const uuidOf = ({ id }: Job) => `00000000-0000-4000-8000-${id.padStart(12, '0')}`;
const context = ({ id }: Job) => ({ correlationId: `bench-${id}` });
const addressed = (job: Job) => ({ account: accountOf(job.tenant), ...context(job) });
