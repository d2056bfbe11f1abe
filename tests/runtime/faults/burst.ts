/** Commands and reads without a pause while something breaks, and what became of every one of them. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Simulator } from '../../../simulator/simulator.ts';
import { signInTenants, type Tenant } from '../../support/load.ts';
import type { Breakable } from './breakable.ts';
import { LIMIT, WINDOW_MS } from './breakable.ts';

export interface Person extends Tenant {
  readonly userId: string;
}

/** An answer, or the lack of one: status 0. */
export interface Heard {
  readonly status: number;
  readonly code?: string | undefined;
  readonly tookMs: number;
  /** When it came, in epoch ms; 0 while it is awaited. */
  readonly at: number;
}

/** A room with a name nobody else gives: the digest of its body tells which arrivals are its own. */
export interface Command {
  readonly person: Person;
  readonly body: string;
  readonly key: string;
  heard: Heard;
  /** Names its receipt; undefined while no answer has named it. */
  id: string | undefined;
}

export interface Burst {
  readonly commands: readonly Command[];
  readonly reads: readonly Heard[];
  /** Of what was asked for from then on (epoch ms). */
  heardSince(at: number): readonly Heard[];
  /** Lets what is under way end. */
  stop(): Promise<void>;
}

export async function signInAll({
  simulator,
  gateways,
}: Pick<Breakable, 'simulator'> & { readonly gateways: readonly { readonly url: string }[] }): Promise<
  readonly Person[]
> {
  const accounts = simulator.accounts.filter(({ login }) => login.endsWith('@load.test'));
  const urls = gateways.map(({ url }) => url);
  const tenants = await signInTenants(simulator, accounts.length, urls);
  return tenants.map((tenant, index) => ({ ...tenant, userId: accounts[index]?.userId ?? '' }));
}

let burstsSoFar = 0;
let readsSoFar = 0;

/** Each keeps one command and some reads under way, until the burst is stopped. */
export function startBurst(people: readonly Person[], readsAtOnce = 4): Burst {
  const burst = ++burstsSoFar;
  const commands: Command[] = [];
  const reads: Heard[] = [];
  let isOver = false;

  async function command(person: Person): Promise<Heard> {
    const key = `"${process.pid}, burst ${burst}, command ${commands.length}"`;
    const body = JSON.stringify({ roomName: `Room of ${key}` });
    const made: Command = { person, body, key, id: undefined, heard: { status: 0, tookMs: 0, at: 0 } };
    commands.push(made);
    await send(made);
    return made.heard;
  }

  async function read(person: Person): Promise<Heard> {
    const device = (++readsSoFar).toString(16).padStart(8, '0').toUpperCase();
    const { heard } = await ask(person, `/ajax/hubs/${person.hubId}/devices/${device}`);
    reads.push(heard);
    return heard;
  }

  const keepAt = async (work: () => Promise<Heard>) => {
    while (!isOver) {
      const { status } = await work();
      if (status === 0 || status === 429 || status >= 500) await pause(100);
    }
  };
  const workers = people.flatMap((person) => [
    keepAt(() => command(person)),
    ...Array.from({ length: readsAtOnce }, () => keepAt(() => read(person))),
  ]);
  return {
    commands,
    reads,
    heardSince: (since) =>
      [...reads, ...commands.map(({ heard }) => heard)].filter(
        ({ at, tookMs }) => at > 0 && at - tookMs >= since,
      ),
    async stop() {
      isOver = true;
      await Promise.all(workers);
    },
  };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks as a client behind a balancer: who finds a gateway closed asks the next. */
export async function ask(
  person: Person,
  path: string,
  init?: RequestInit,
): Promise<{ readonly heard: Heard; readonly headers: Headers; readonly body: unknown }> {
  const askedAt = performance.now();
  const heard = (status: number, code?: string): Heard => ({
    ...{ status, code, at: Date.now() },
    tookMs: performance.now() - askedAt,
  });
  for (let tries = 0; ; tries++) {
    try {
      const response = await person.fetch(path, init);
      const text = await response.text();
      const body = text === '' ? undefined : JSON.parse(text);
      const code = response.status >= 400 ? String(body?.code) : undefined;
      return { heard: heard(response.status, code), headers: response.headers, body };
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
      if (code === 'ECONNREFUSED' && tries < 10) continue;
      return { heard: heard(0, code), headers: new Headers(), body: undefined };
    }
  }
}

async function send(command: Command): Promise<void> {
  const { person, key, body } = command;
  const { heard, headers } = await ask(person, `/ajax/user/${person.userId}/hubs/${person.hubId}/rooms`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body,
  });
  command.heard = heard;
  command.id = headers.get('x-command-id') ?? command.id;
}

/** Refusals that say that nothing was sent. */
const NEVER_SENT: ReadonlySet<string | undefined> = new Set([
  'command_not_executed',
  'budget_exhausted',
  'coordinator_unavailable',
  'storage_unavailable',
  'database_unavailable',
  'upstream_unavailable',
]);

type Outcome = 'done' | 'not_executed' | 'unknown' | 'forgotten';

/**
 * Asks for the receipt of every command, and repeats under its key whatever had no answer; then holds what was said
 * against the journal (promises P1 and P6). Call it once everything works again. `mayForget`: the storage has lost
 * something together with its owner.
 * @returns how many commands ended in which way
 */
export async function judge(
  simulator: Simulator,
  commands: readonly Command[],
  { mayForget = false }: { readonly mayForget?: boolean } = {},
): Promise<Readonly<Record<Outcome, number>>> {
  expectBudgetKept(simulator);
  const counts: Record<Outcome, number> = { done: 0, not_executed: 0, unknown: 0, forgotten: 0 };
  for (const command of commands) {
    const first = command.heard;
    for (let tries = 0; needsRepeating(command) && tries < 100; tries++) {
      await send(command);
      if (needsRepeating(command)) await pause(200);
    }
    const outcome = await outcomeOf(command);
    counts[outcome]++;
    const told = JSON.stringify({ key: command.key, first, last: command.heard, outcome });
    const arrivals = sentOf(simulator, command);
    expect(arrivals, `${told} was sent more than once`).toBeLessThanOrEqual(1);
    if (outcome === 'done') expect(arrivals, `${told} was never sent`).toBe(1);
    if (outcome === 'not_executed') expect(arrivals, `${told} was sent`).toBe(0);
    const { status, code } = command.heard;
    if (outcome === 'forgotten' && !mayForget) {
      // It had not been accepted yet: who was answered 504 could not know that.
      expect(NEVER_SENT.has(code) || code === 'command_outcome_unknown', `${told} has no receipt`).toBe(true);
      expect(arrivals, `${told} was sent`).toBe(0);
    }
    if (status === 201)
      expect(mayForget ? ['done', 'forgotten', 'unknown'] : ['done'], told).toContain(outcome);
    else if (NEVER_SENT.has(code)) expect(arrivals, `${told} was sent`).toBe(0);
    else expect(code, told).toBe('command_outcome_unknown');
  }
  expectBudgetKept(simulator);
  return counts;
}

/** No answer at all, or one of the moment to who repeats. */
const repeated = new WeakSet<Command>();
function needsRepeating(command: Command): boolean {
  if (command.heard.status === 0) repeated.add(command);
  const { status } = command.heard;
  return status === 0 || (repeated.has(command) && [409, 429, 503].includes(status));
}

async function outcomeOf({ person, id }: Command): Promise<Outcome> {
  if (id === undefined) return 'forgotten';
  let last: unknown;
  for (let tries = 0; tries < 100; tries++) {
    const { heard, body } = await ask(person, `/commands/${id}`);
    if (heard.code === 'command_not_found') return 'forgotten';
    const { outcome } = (body ?? {}) as { readonly outcome?: string };
    if (outcome === 'done' || outcome === 'not_executed' || outcome === 'unknown') return outcome;
    last = body;
    await pause(200);
  }
  throw new Error(`The receipt of ${id} names no outcome: ${JSON.stringify(last)}`);
}

/** How often it has reached Ajax. */
export function sentOf({ journal }: Simulator, { body }: Command): number {
  const digest = createHash('sha256').update(body).digest('hex');
  return journal
    .arrivals({ method: 'POST', path: '/rooms' })
    .filter(({ bodySha256 }) => bodySha256 === digest).length;
}

export function expectBudgetKept({ journal }: Simulator): void {
  expect(journal.count({ status: 429 })).toBe(0);
  expect(journal.largestWindow(WINDOW_MS)).toBeLessThanOrEqual(LIMIT);
}

/** All that was answered, or was not. */
export const heardOf = ({ reads, commands }: Burst): readonly Heard[] => [
  ...reads,
  ...commands.map(({ heard }) => heard),
];

/** By status and code, for messages and for what may be among them. */
export function tally(heard: readonly Heard[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, code } of heard) {
    const name = code === undefined ? String(status) : `${status} ${code}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Resolves once reads reach Ajax again. */
export async function workAgain(person: Person, withinMs: number): Promise<void> {
  await expect
    .poll(async () => (await ask(person, `/ajax/hubs/${person.hubId}/devices/${freshDevice()}`)).heard, {
      timeout: withinMs,
      interval: 250,
    })
    .toMatchObject({ status: 404, code: 'upstream_not_found' });
}

const freshDevice = () => (++readsSoFar).toString(16).padStart(8, '0').toUpperCase();
