/** A world from a seed: everything in it, for as long as it takes, judged after every event. */

import { seededRandom } from '../../../simulator/random.ts';
import { createRequests, type Tenant } from '../callers/requests.ts';
import { liveTenant } from '../callers/tenant.ts';
import type { Weather } from '../callers/weather.ts';
import { createJudge, outForMs, type Verdict } from '../model/judge.ts';
import { createTrace } from '../model/trace.ts';
import type { Product } from '../product.ts';
import { type Ajax, createAjax } from './ajax.ts';
import { createChance } from './chance.ts';
import { letThingsGoWrong } from './faults.ts';
import { createInstallation, SECRET } from './installation.ts';
import { createNetwork } from './network.ts';
import { installSameThreadCrypto } from './same-thread-crypto.ts';
import { createSimulatedStorage } from './storage.ts';
import { createTime } from './time.ts';

export interface WorldOptions {
  readonly product: Product;
  readonly seed: number;
  readonly hours: number;
  /** Default: what the normal run has. */
  readonly faultEveryMs?: number;
}

export interface Outcome {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  /** Episodes, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  /** The same for two runs of one seed. */
  readonly fingerprint: string;
  readonly verdict: Verdict | undefined;
  /** The last events, when a promise was broken. */
  readonly last: readonly string[];
}

const HOUR_MS = 3_600_000;
const FAULT_EVERY_MS = 50_000;
/** The last part of a world is calm, so that utilisation and fairness can be judged: that many windows of it. */
const CALM_WINDOWS = 3.5;

export async function runWorld(options: WorldOptions): Promise<Outcome> {
  const { product, seed, hours, faultEveryMs = FAULT_EVERY_MS } = options;
  const chance = createChance(seed);
  const time = createTime();
  installSameThreadCrypto(chance.bytes);

  const endMs = hours * HOUR_MS;
  const hubs = Array.from({ length: chance.whole(2, 4) }, (_, n) => `h${n + 1}`);
  const tenants: Tenant[] = Array.from({ length: chance.whole(3, 6) }, (_, n) => ({
    login: `${'x'.repeat(n + 1)}@example.com`,
    account: `a${n + 1}`,
    weight: chance.pick([1, 1, 2, 3, 4]),
    // Shared, so that a change by one concerns others.
    hubs: hubs.filter((_, h) => h === n % hubs.length || chance.happens(0.5)),
  }));
  const requests = chance.pick([12, 12, 12, 16, 16, 20, 20, 20, 24, 30, 40, 100]);
  const windowMs = requests === 100 ? 60_000 : chance.pick([20_000, 30_000, 60_000]);
  const reserve = Math.max(2, Math.round(requests / 8));
  const requestTimeoutMs = chance.pick([5_000, 15_000]);

  const limits = { requests, windowMs, reserve, requestTimeoutMs };

  const weather: Weather = {
    ...{ load: 'light', flooders: new Set(), depth: 0, againAfterMs: [windowMs / 4, windowMs / 2] },
    watchers: [],
    pace: Math.max(0.7, (tenants.length * 12) / (requests * (60_000 / windowMs))),
  };
  const hubsOf = new Map(tenants.map((tenant) => [tenant.account, tenant.hubs]));
  const trace = createTrace();
  let ajax: Ajax | undefined;
  const judge = createJudge({
    now: time.now,
    ...{ limits, trace },
    weights: new Map(tenants.map((tenant) => [tenant.account, tenant.weight])),
    hubsOf: (account) => hubsOf.get(account) ?? [],
    effectsBy: (hub, at) => ajax?.effectsBy(hub, at) ?? 0,
    isFlooded: () => weather.flooders.size > 0,
  });
  ajax = createAjax(time, chance, tenants);
  const storage = createSimulatedStorage({ time, chance, judge, createMemory: product.createMemoryStorage });
  const network = createNetwork({ time, chance, ajax, judge, requestTimeoutMs, basePath: '/api/' });
  let hasAccounts = false;
  const installation = createInstallation({
    ...{ time, chance, judge, product, storage, network },
    random: seededRandom(~seed),
    config: {
      baseUrl: 'https://ajax.test/api/',
      // One for now: with several, an account is pinned to one, and there is a window to watch for each.
      apiKeys: ['the-api-key'],
      budget: { requests, windowMs, reserve },
      requestTimeoutMs,
      cacheTtlSeconds: { hubs: 1_800, hub: 30, devices: 30, device: 30, rooms: 600, groups: 30 },
    },
    machines: chance.pick([1, 1, 2, 2, 2, 3]),
    hasAccounts: () => hasAccounts,
  });
  const callers = createRequests({
    client: product.createCoordinatorClient({ fetch: installation.fetch, secret: SECRET }),
    ...{ judge, chance, now: time.now, after: time.after, isWaiting: product.isWaiting },
  });
  for (const tenant of tenants) {
    time.after(chance.between(5_000, 15_000), () =>
      liveTenant({
        ...{ tenant, requests: callers, chance, after: time.after, weather },
        onSignedIn() {
          hasAccounts = true;
        },
      }),
    );
  }

  function changeWeather(isCalm: boolean): void {
    weather.load = isCalm ? 'idle' : chance.pick(['idle', 'light', 'light', 'busy']);
    const floods = isCalm ? 1 : chance.pick([0, 0, 0, 0, 0, 0.4]);
    weather.flooders = new Set(tenants.filter(() => chance.happens(floods)).map(({ account }) => account));
    // Enough to use whatever comes back, and in calm weather to have everybody waiting all the time.
    weather.depth = isCalm ? 6 + Math.ceil((1.3 * requests) / tenants.length) : 4 + Math.ceil(requests / 4);
    if (isCalm) weather.againAfterMs = [windowMs / 12, windowMs / 4];
    judge.note('weather', weather.load, [...weather.flooders].join(' '));
    for (const tell of weather.watchers) tell();
    if (!isCalm) time.after(chance.between(60_000, 300_000), () => changeWeather(isOver));
  }
  let isOver = false;
  changeWeather(false);
  const faults = letThingsGoWrong({
    ...{ time, chance, judge, installation, storage, network, ajax, members: tenants },
    everyMs: faultEveryMs,
  });
  const calmMs = outForMs(limits) + CALM_WINDOWS * windowMs;
  time.after(endMs - calmMs, () => {
    isOver = true;
    faults.stop();
    changeWeather(true);
  });
  const tick = () => {
    judge.tick();
    time.after(1_000, tick);
  };
  tick();

  await time.runUntil(endMs, () => judge.verdict() !== undefined);
  const verdict = judge.verdict();
  return {
    ...{ seed, simulatedMs: time.now(), events: time.events(), verdict },
    faults: judge.faults,
    figures: judge.figures(),
    fingerprint: trace.fingerprint(),
    last: verdict === undefined ? [] : trace.last(),
  };
}
