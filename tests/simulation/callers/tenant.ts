/** People, scripts and integrations of one account, as clumsy as they are. */
import type { Call, Told } from '../model/judge.ts';
import type { Chance } from '../world/chance.ts';
import type { CommandWish, Requests, Tenant } from './requests.ts';
import type { Weather } from './weather.ts';

export interface TenantOptions {
  readonly tenant: Tenant;
  readonly requests: Requests;
  readonly chance: Chance;
  readonly after: (ms: number, event: () => void) => () => void;
  readonly weather: Weather;
  readonly onSignedIn: () => void;
}

const kept = (seconds: number): NonNullable<Call['keptMs']> => ({
  usual: seconds * 1_000,
  stale: Math.min(seconds * 10_000, 3_600_000),
});
/** Lifetimes as configured. */
const HUBS = kept(1_800);
const STATE = kept(30);
const ROOMS = kept(600);

/** How often, in ms, each kind of caller asks. */
const EVERY = {
  idle: { read: [20_000, 90_000], command: [60_000, 240_000] },
  light: { read: [4_000, 20_000], command: [15_000, 60_000] },
  busy: { read: [800, 5_000], command: [3_000, 15_000] },
} as const;
const JOB_EVERY = [60_000, 180_000] as const;
const FOLLOW_FOR_MS = 6 * 60_000;

export function liveTenant(options: TenantOptions): void {
  const { tenant, requests, chance, after, weather, onSignedIn } = options;
  let wishes = 0;
  let unique = 0;
  let signingIn: Promise<void> | undefined;

  const sleep = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve));
  const pause = ([least, most]: readonly [number, number]) => sleep(chance.between(least, most));
  const pauseFor = (what: 'read' | 'command') => {
    const [least, most] = EVERY[weather.load][what];
    return sleep(chance.between(least, most) * weather.pace);
  };
  const leavesAfter = (probability: number) =>
    chance.happens(probability) ? chance.between(1, chance.happens(0.5) ? 50 : 8_000) : undefined;
  const lacksSession = (told: Told | 'waiting') =>
    told !== 'waiting' && told.kind === 'refused' && told.code === 'upstream_login_required';

  const isKeyRefused = (told: Told | 'waiting') =>
    told !== 'waiting' && told.kind === 'refused' && told.code === 'operator_key_invalid';

  function signIn(): Promise<void> {
    signingIn ??= (async () => {
      while ((await requests.login(tenant)).kind !== 'done') await pause([2_000, 30_000]);
      onSignedIn();
      signingIn = undefined;
    })();
    return signingIn;
  }

  async function heed(told: Told | 'waiting'): Promise<void> {
    if (lacksSession(told) || (isKeyRefused(told) && chance.happens(0.2))) await signIn();
  }

  async function readOften(): Promise<void> {
    for (;;) {
      await pauseFor('read');
      const hub = chance.pick(tenant.hubs);
      const [path, keptMs] = chance.pick([
        [['hubs', hub], STATE],
        [['hubs', hub], STATE],
        [['hubs', hub, 'devices'], STATE],
        [['hubs', hub, 'groups'], STATE],
        [['hubs', hub, 'rooms'], ROOMS],
        [['hubs'], HUBS],
      ] as const);
      const one = { path, keptMs, isNoCache: chance.happens(0.15), leavesAfterMs: leavesAfter(0.08) };
      // Dashboards ask for the same thing several times.
      const many = chance.happens(0.2) ? chance.whole(2, 4) : 1;
      const asked = Array.from({ length: many }, () => requests.read(tenant, one));
      for (const told of await Promise.all(asked)) await heed(told);
    }
  }

  /** As many requests at once as its weather says. */
  let flooding = 0;
  function flood(): void {
    if (!weather.flooders.has(tenant.account)) return;
    const depth = weather.depthOf(tenant.account);
    for (; flooding < depth; flooding++) {
      void askOnAndOn().finally(() => {
        flooding--;
        weather.asking.set(tenant.account, flooding);
      });
    }
    weather.asking.set(tenant.account, flooding);
  }

  async function askOnAndOn(): Promise<void> {
    await sleep(chance.between(0, 500));
    while (weather.flooders.has(tenant.account)) {
      const hub = chance.pick(tenant.hubs);
      const n = `${tenant.account}-${++unique}`;
      const told = await requests.read(tenant, {
        path: ['hubs', hub, 'logs'],
        query: { n },
        unique: n,
        leavesAfterMs: leavesAfter(0.01),
      });
      await heed(told);
      // Refused for now: soon enough to have something waiting whenever tokens come back.
      if (told === 'waiting' || told.kind !== 'read') await pause(weather.againAfterMs);
    }
  }

  function newWish(): CommandWish {
    const name = `${tenant.account}-w${++wishes}`;
    const hub = chance.pick(tenant.hubs);
    const key = chance.happens(0.25) ? `key of ${name}` : undefined;
    const about = chance.next();
    if (about < 0.6) {
      const word = chance.pick(['ARM', 'DISARM']);
      return { name, key, word, path: ['hubs', hub, 'commands', 'arming'], target: `${hub} arming` };
    }
    if (about < 0.75) {
      const path = ['hubs', hub, 'groups', 'g1', 'commands', 'arming'];
      return { name, key, word: chance.pick(['ARM', 'DISARM']), path, target: `${hub} arming` };
    }
    if (about < 0.95) {
      const device = chance.pick(['d1', 'd2']);
      const path = ['hubs', hub, 'devices', device, 'command'];
      return { name, key, word: 'SWITCH', path, target: `${hub} devices/${device}/command` };
    }
    return { name, key, word: 'SET', path: ['settings'], target: `${tenant.account} settings` };
  }

  async function commandOften(): Promise<void> {
    for (;;) {
      await pauseFor('command');
      // People do not wait for one another.
      void wantSomething(newWish());
    }
  }

  /** A dashboard shows the hub all the time somebody changes it. */
  async function lookOn(hub: string): Promise<void> {
    const one = { path: ['hubs', hub], keptMs: STATE };
    for (let look = 0; look < 3; look++) {
      void requests.read(tenant, one).then(heed);
      await sleep(chance.between(5, 150));
    }
  }

  async function wantSomething(wish: CommandWish): Promise<void> {
    const mood = chance.next();
    if (wish.path[0] === 'hubs' && wish.path[1] !== undefined && chance.happens(0.15)) {
      void lookOn(wish.path[1]);
      await sleep(chance.between(0, 100));
    }
    const leavesAfterMs = leavesAfter(0.2);
    const isAsync = chance.happens(0.2);
    if (mood < 0.1) {
      // Twice at once.
      await Promise.all([once(wish, {}), sleep(chance.between(0, 40)).then(() => once(wish, {}))]);
      return;
    }
    const first = await once(wish, { isAsync, leavesAfterMs });
    if (isAsync && mood < 0.2) {
      await sleep(chance.between(0, 200));
      await requests.cancel(tenant, wish, first.id);
    }
    const isClear = first.told.kind === 'answered';
    // Repeats what it has had no answer to, or wants the same again.
    for (let again = 0; again < 3 && chance.happens(isClear ? 0.15 : 0.6); again++) {
      const waitsMs = chance.happens(0.7) ? chance.between(10, 3_000) : chance.between(3_000, 60_000);
      await sleep(waitsMs);
      const told = await once(wish, { leavesAfterMs: leavesAfter(0.1) });
      if (told.told.kind === 'answered') break;
    }
    if (!isClear) await follow(wish, first.id);
  }

  async function once(wish: CommandWish, how: Parameters<Requests['command']>[2]) {
    const result = await requests.command(tenant, wish, how);
    await heed(result.told);
    return result;
  }

  async function follow(wish: CommandWish, id: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < FOLLOW_FOR_MS; ) {
      const ms = chance.between(1_000, 30_000);
      await sleep(ms);
      waitedMs += ms;
      const told = await requests.receipt(tenant, wish, id);
      if (told.kind === 'receipt' && !['pending', 'in_progress'].includes(told.outcome)) return;
      if (told.kind === 'refused' && told.code === 'command_not_found') return;
    }
  }

  async function collectOften(): Promise<void> {
    for (;;) {
      await pause(JOB_EVERY);
      const hub = chance.pick(tenant.hubs);
      const job = `00000000-0000-7000-9000-${tenant.account}${String(++unique).padStart(12 - tenant.account.length, '0')}`;
      for (let tries = 0; tries < 40; tries++) {
        const told = await requests.read(tenant, { path: ['hubs', hub, 'devices'], job });
        if (told !== 'waiting' && told.kind === 'read') break;
        await heed(told);
        // A job that has ended in that ends so however often it is asked for.
        if (lacksSession(told) || isKeyRefused(told)) break;
        await pause([500, 20_000]);
      }
    }
  }

  void signIn().then(() => {
    void readOften();
    weather.watchers.push(flood);
    flood();
    void commandOften();
    void collectOften();
  });
}
