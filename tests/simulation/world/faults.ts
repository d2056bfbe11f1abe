/** What goes wrong, at random, again and again: each kind leaves the world within the assumptions of the promises. */
import type { Judge } from '../model/judge.ts';
import type { Ajax, Member } from './ajax.ts';
import type { Chance } from './chance.ts';
import type { Installation } from './installation.ts';
import type { Network } from './network.ts';
import type { SimulatedStorage } from './storage.ts';
import type { Time } from './time.ts';

export interface FaultsOptions {
  readonly time: Time;
  readonly chance: Chance;
  readonly judge: Judge;
  readonly installation: Installation;
  readonly storage: SimulatedStorage;
  readonly network: Network;
  readonly ajax: Ajax;
  readonly members: readonly Member[];
  readonly apiKeys: readonly string[];
  /** Mean time from one to the next. */
  readonly everyMs: number;
}

/** A wall clock that is set back while the machine is suspended hides how long it slept; nothing is promised then. */
const LONGEST_DOWN_MS = 40_000;
const STEPS_APART_MS = 60_000;

export function letThingsGoWrong(options: FaultsOptions): { stop(): void } {
  const { time, chance, judge, installation, storage, network, ajax, members, apiKeys, everyMs } = options;
  let isOver = false;
  let suspendedAt = Number.NEGATIVE_INFINITY;
  let steppedAt = Number.NEGATIVE_INFINITY;
  let hasAllKeys = true;

  const downMs = () =>
    chance.happens(0.7) ? chance.between(200, 5_000) : chance.between(5_000, LONGEST_DOWN_MS);
  const awayMs = () => (chance.happens(0.5) ? chance.between(100, 3_000) : chance.between(3_000, 15_000));

  function killOwner(): number | undefined {
    const owner = installation.active();
    if (owner === undefined) return undefined;
    const forMs = downMs();
    installation.kill(owner, forMs);
    return forMs;
  }

  /** One after the other, with other API keys than before. */
  function configure(keys: readonly string[]): number {
    installation.configure(keys);
    let atMs = 0;
    for (const { url } of installation.machines()) {
      time.after(atMs, () => {
        const machine = installation.machines().find((one) => one.url === url);
        if (machine) installation.kill(machine, chance.between(200, 3_000));
      });
      atMs += chance.between(0, 5_000);
    }
    return atMs + 3_000;
  }

  function stopOwner(forMs: number, how: 'stopped' | 'suspended') {
    const owner = installation.active();
    if (owner === undefined) return undefined;
    judge.stopped(forMs);
    installation.stop(owner, forMs, how);
    return forMs;
  }

  const faults: Readonly<Record<string, readonly [weight: number, strike: Strike]>> = {
    'owner killed': [10, killOwner],
    'standby killed': [
      3,
      () => {
        const standbys = installation.machines().filter((machine) => machine !== installation.active());
        if (standbys.length === 0) return undefined;
        const forMs = downMs();
        installation.kill(chance.pick(standbys), forMs);
        return forMs;
      },
    ],
    'all killed': [
      2,
      () => {
        const forMs = downMs();
        for (const machine of installation.machines()) installation.kill(machine, forMs);
        return forMs;
      },
    ],
    'owner restarted': [
      5,
      () => {
        const owner = installation.active();
        if (owner === undefined) return undefined;
        const forMs = chance.between(200, 5_000);
        installation.restart(owner, forMs);
        // It waits for what it has sent.
        return forMs + 17_000;
      },
    ],
    'owner stopped': [6, () => stopOwner(awayMs(), 'stopped')],
    'owner suspended': [
      3,
      () => {
        if (time.now() - steppedAt < STEPS_APART_MS) return undefined;
        suspendedAt = time.now();
        return stopOwner(awayMs(), 'suspended');
      },
    ],
    'stopped between check and write': [
      6,
      () => {
        network.stopBeforeWrite(awayMs());
        // It happens, and is told, when something is written next.
        return undefined;
      },
    ],
    'stopped between booking and check': [
      4,
      () => {
        network.stopBeforeCheck(chance.happens(0.5) ? awayMs() : chance.between(15_000, 150_000));
        return undefined;
      },
    ],
    'storage down': [
      5,
      () => {
        const forMs = awayMs();
        storage.interrupt(forMs, 'down');
        judge.storageIsAway(forMs);
        return forMs;
      },
    ],
    'storage hanging': [
      5,
      () => {
        const forMs = awayMs();
        storage.interrupt(forMs, 'hanging');
        judge.storageIsAway(forMs);
        return forMs;
      },
    ],
    'storage slow': [
      5,
      () => {
        const forMs = chance.between(2_000, 20_000);
        storage.slow(forMs, chance.between(100, 3_500));
        // What was asked last is answered last.
        return forMs + 7_000;
      },
    ],
    'storage loses its last seconds': [
      5,
      () => {
        const forMs = chance.between(200, 5_000);
        storage.loseWhatComes(forMs);
        return forMs;
      },
    ],
    'storage loses its last seconds, owner killed': [
      3,
      () => {
        const forMs = chance.between(200, 5_000);
        storage.loseWhatComes(forMs);
        time.after(forMs + chance.between(-50, 50), () => {
          if (!isOver) killOwner();
        });
        return forMs + LONGEST_DOWN_MS;
      },
    ],
    'storage comes back empty': [
      2,
      () => {
        storage.empty();
        return 0;
      },
    ],
    'network disturbed': [
      12,
      () => {
        const forMs = chance.between(5_000, 60_000);
        network.disturb(forMs, chance.between(0.05, 0.6));
        return forMs + 30_000;
      },
    ],
    'Ajax throttles': [
      5,
      () => {
        const forMs = chance.between(500, 20_000);
        ajax.throttle(forMs, chance.pick(['status', 'message']));
        return forMs + 60_000;
      },
    ],
    'Ajax fails': [
      4,
      () => {
        const forMs = chance.between(500, 20_000);
        ajax.fail(forMs);
        return forMs;
      },
    ],
    'API key revoked': [
      6,
      () => {
        const forMs = chance.happens(0.5) ? chance.between(1_000, 30_000) : chance.between(60_000, 240_000);
        ajax.revoke(chance.whole(1, apiKeys.length), forMs);
        judge.keyIsRefused(forMs);
        // Until the next trial.
        return forMs + 61_000;
      },
    ],
    'API keys configured anew': [
      6,
      () => {
        if (!hasAllKeys || apiKeys.length === 1) return undefined;
        hasAllKeys = false;
        // One or two are missing, and the order is another one.
        const keys = apiKeys.filter((_, index) => index > 0 && chance.happens(0.6)).reverse();
        configure(keys.length > 0 ? keys : [chance.pick(apiKeys)]);
        const forMs = chance.between(5_000, 120_000);
        time.after(forMs, () => {
          configure(apiKeys);
          hasAllKeys = true;
        });
        return forMs + 20_000;
      },
    ],
    'hub offline': [
      4,
      () => {
        const forMs = chance.between(500, 60_000);
        ajax.fail(forMs, chance.pick(chance.pick(members).hubs));
        return forMs;
      },
    ],
    'sessions end': [
      8,
      () => {
        for (const { account } of members) {
          if (chance.happens(0.5)) ajax.endSessions(account, chance.happens(0.7) ? 'refreshable' : 'lost');
        }
        return 0;
      },
    ],
    'clock of the storage jumps': [
      4,
      () => {
        storage.stepClock();
        judge.stepped();
        return 5_000;
      },
    ],
    'clock of a process jumps': [
      4,
      () => {
        if (time.now() - suspendedAt < STEPS_APART_MS) return undefined;
        steppedAt = time.now();
        for (const { process } of installation.machines()) process.setWall(chance.between(-2_500, 2_500));
        return 5_000;
      },
    ],
  };
  const kinds = Object.entries(faults);

  function strike(): void {
    if (isOver) return;
    const [kind, [, happen]] = pickByWeight(kinds, chance.next());
    const forMs = happen();
    if (forMs !== undefined) judge.fault(kind, forMs);
    // They come alone, and they come together.
    const waitMs = chance.happens(0.2) ? chance.between(0, 2_000) : -Math.log(1 - chance.next()) * everyMs;
    time.after(waitMs, strike);
  }
  time.after(everyMs, strike);
  return {
    stop() {
      isOver = true;
    },
  };
}

/** Does it, and says for how long; undefined when there was nothing to do it to. */
type Strike = () => number | undefined;

type Kind = readonly [name: string, fault: readonly [weight: number, strike: Strike]];

/** @param draw uniform in [0, 1) */
function pickByWeight(kinds: readonly Kind[], draw: number): Kind {
  let left = draw * kinds.reduce((sum, [, [weight]]) => sum + weight, 0);
  for (const kind of kinds) {
    left -= kind[1][0];
    if (left < 0) return kind;
  }
  throw new RangeError('Nothing can go wrong');
}
