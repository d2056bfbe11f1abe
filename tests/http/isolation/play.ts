/** Plays a schedule: browsers that ask, Ajax that answers in any order, time, crashes, people who change places. */
import fc from 'fast-check';
import type { Database } from '../../../src/db/client.ts';
import { cookiesOf } from '../../support/gateway.ts';
import { type Ask, actions } from './actions.ts';
import { createBrandedAjax, type Verdict, verdicts } from './branded-ajax.ts';
import { createOracle } from './oracle.ts';
import { type Between, createRig } from './rig.ts';
import { allHubIds, createWorld, type Person, person, type WorldShape, worldShape } from './world.ts';

export type Step =
  | { readonly do: 'ask'; readonly browser: number; readonly action: number; readonly pick: number }
  | { readonly do: 'answer'; readonly which: number; readonly verdict: Verdict }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'change places'; readonly browser: number; readonly who: number }
  | { readonly do: 'crash' | 'expire' | 'sleep' };

export interface Schedule {
  readonly world: WorldShape;
  readonly steps: readonly Step[];
}

const BROWSERS = 4;
const nat = (max: number) => fc.nat({ max });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      browser: nat(BROWSERS - 1),
      action: nat(actions.length - 1),
      pick: nat(30),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: nat(10),
      verdict: fc.constantFrom(...verdicts),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      // Past a tick, the freshness of no-cache, the settling of a command, the TTL of a hub.
      ms: fc.constantFrom(25, 2_500, 11_000, 35_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change places' as const),
      browser: nat(BROWSERS - 1),
      who: nat(5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'expire' as const, 'sleep' as const) }),
  },
);
export const schedule: fc.Arbitrary<Schedule> = fc.record({
  world: worldShape,
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
});

export interface Outcome {
  readonly violations: readonly string[];
  /** What the schedule has really been through. */
  readonly answers: readonly { readonly name: string; readonly status: number }[];
}

/** A browser keeps its cookies while the people in front of it change. */
interface Browser {
  readonly index: number;
  cookies: string;
  who: Person;
}

export async function play(
  database: Database,
  { world: shape, steps }: Schedule,
  between?: Between,
): Promise<Outcome> {
  const world = createWorld(shape);
  const ajax = createBrandedAjax(world);
  const oracle = createOracle(world, ajax);
  const rig = await createRig(database, ajax.send, between);
  const answers: { name: string; status: number }[] = [];
  const open = new Set<Promise<void>>();
  const commands: string[] = [];
  const jobs: string[] = [];
  const hubIds = allHubIds(world);
  let asked = 0;

  function request(browser: Browser, { path, method = 'GET', headers, body }: Ask): Request {
    return new Request(`http://gateway.test/api/v1${path}`, {
      method,
      headers: {
        'user-agent': `browser/${browser.index}`,
        'x-correlation-id': `r${world.run}q${++asked}.`,
        ...(browser.cookies === '' ? {} : { cookie: browser.cookies, 'sec-fetch-site': 'same-origin' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function send(
    browser: Browser,
    ask: Ask,
    about: { name: string; shows?: 'hub' | 'own'; hub?: string },
  ) {
    const by = browser.who;
    const outgoing = request(browser, ask);
    const correlationId = outgoing.headers.get('x-correlation-id') ?? '';
    const { name, shows, hub = '' } = about;
    const written = JSON.stringify([ask, correlationId]);
    const context = { by, name, shows, hub, text: written, after: ajax.arrivals() };
    oracle.asks(context, correlationId);
    const response = await rig.fetch(outgoing, `198.51.100.${browser.index}`);
    const body = await response.text();
    // Tokens go to the one who signs in, in these two answers only.
    const isPair = response.ok && /^\/auth\/(token|refresh)$/.test(ask.path);
    const cookies = cookiesOf(response);
    if (isPair) for (const token of cookies.split('; ')) oracle.owns(by, token.replace(/^\w+=/, ''));
    const text = `${response.status}\n${[...response.headers].join('\n')}\n${body}`;
    oracle.judge(context, { status: response.status, text });
    answers.push({ name, status: response.status });
    return { status: response.status, headers: response.headers, body, cookies };
  }

  async function signIn(browser: Browser, who: Person): Promise<void> {
    browser.who = who;
    browser.cookies = '';
    const body = { username: who.email, password: who.password };
    const ask = { path: '/auth/token', method: 'POST', body } as const;
    const answer = await send(browser, ask, { name: 'signs in' });
    // Meanwhile somebody else may have taken the place.
    if (answer.status === 200 && browser.who === who) browser.cookies = answer.cookies;
  }

  async function changePlaces(browser: Browser, who: Person): Promise<void> {
    await send(browser, { path: '/auth/logout', method: 'POST' }, { name: 'signs out' });
    await signIn(browser, who);
  }

  async function ask(browser: Browser, index: number, pick: number): Promise<void> {
    const action = actions[index % actions.length];
    if (action === undefined) throw new Error('No such action');
    // Mostly one of their own.
    const { hubIds: own } = browser.who;
    const from = pick % 4 === 0 ? hubIds : own;
    const hub = from[Math.floor(pick / 4) % from.length] ?? '';
    const nobodys = `00000000-0000-7000-8000-${String(pick).padStart(12, '0')}`;
    const choice = {
      hub,
      command: commands.at(-1 - (pick % 8)) ?? nobodys,
      job: jobs.at(-1 - (pick % 8)) ?? nobodys,
    };
    const { name, shows } = action;
    const sentBy = browser.who;
    const answer = await send(browser, action.ask(choice), { name, hub, ...(shows ? { shows } : {}) });
    const location = answer.headers.get('location')?.split('/') ?? [];
    if (location.at(-2) === 'jobs') jobs.push(location.at(-1) ?? '');
    const commandId = /"command_id":"([^"]+)"/.exec(answer.body)?.[1];
    if (commandId !== undefined) commands.push(commandId);
    if (answer.cookies !== '' && answer.status === 200 && browser.who === sentBy)
      browser.cookies = answer.cookies;
  }

  function start(work: Promise<void>): void {
    const running: Promise<void> = work
      .catch((error: unknown) => void oracle.violations.push(`failed: ${String(error)}`))
      .finally(() => open.delete(running));
    open.add(running);
  }

  const browsers: Browser[] = Array.from({ length: BROWSERS }, (_, index) => {
    return { index, cookies: '', who: person(world, index) };
  });
  const browserOf = (n: number) => {
    const browser = browsers[n % BROWSERS];
    if (browser === undefined) throw new Error('No such browser');
    return browser;
  };

  async function take(next: Step): Promise<void> {
    switch (next.do) {
      case 'ask':
        return start(ask(browserOf(next.browser), next.action, next.pick));
      case 'answer':
        return ajax.release(next.which, next.verdict);
      case 'pass':
        return rig.clock.advance(next.ms);
      case 'change places':
        return start(changePlaces(browserOf(next.browser), person(world, next.who)));
      case 'crash':
        return rig.crash();
      case 'expire':
        return ajax.expire();
      case 'sleep':
        // The machine was suspended for longer than sessions of Ajax live.
        return rig.clock.skip(16 * 60_000);
    }
  }

  /** Whatever is under way ends, for nobody is held for longer than 25 s. */
  async function end(): Promise<void> {
    // The database works in real time, whatever the clock says.
    const giveUpAt = performance.now() + 20_000;
    for (let rounds = 0; open.size > 0 && (rounds < 40 || performance.now() < giveUpAt); rounds++) {
      await rig.clock.advance(rounds < 40 ? 1_000 : 0);
      await new Promise((resume) => setTimeout(resume, 1));
    }
    if (open.size > 0) oracle.violations.push(`${open.size} requests were never answered`);
  }

  await Promise.all(browsers.map((browser) => signIn(browser, browser.who)));
  ajax.shut();
  for (const next of steps) {
    await take(next);
    await rig.clock.settle();
  }
  ajax.open();
  await end();
  // What is left in caches and journals is looked at by everybody once more, then what was done, by all.
  ajax.shut();
  for (const browser of browsers) {
    for (const [index] of actions.entries()) start(ask(browser, index, index));
  }
  await rig.clock.advance(25);
  ajax.open();
  await end();
  for (const browser of browsers) {
    for (let pick = 0; pick < 8; pick++) {
      for (const [index, { isLook }] of actions.entries()) if (isLook) start(ask(browser, index, pick));
    }
  }
  await end();
  await rig.close();
  oracle.judgeLog(rig.logged);
  return { violations: [...ajax.violations, ...oracle.violations], answers };
}
