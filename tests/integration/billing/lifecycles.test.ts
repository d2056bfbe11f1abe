/**
 * Whatever order, number and moment the events of a lifecycle come in, what an account can do ends the same: as its
 * story says (promise P12). Stories are told against the double, in the shapes of old and of current versions.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StripeEvent } from '../../../simulator/stripe/outbox.ts';
import type { Plan } from '../../../src/kernel/caller.ts';
import { PRICES } from '../../support/stripe.ts';
import { DAY, GRACE_DAYS, type PaymentRig, startPayments } from './rig.ts';

let rig: PaymentRig;
beforeAll(async () => {
  rig = await startPayments();
});
afterAll(() => rig.close());

interface Told {
  /** What the account has in the end. */
  readonly plan: Plan;
  readonly source?: string;
  /** Epoch ms; Infinity: it never gets less. */
  readonly until: number;
}

interface Story {
  /** Each step is something that happens at Stripe, or here, or time that passes. */
  readonly steps: readonly ((world: World) => unknown)[];
  readonly end: (world: World) => Told;
}

interface World {
  readonly accountId: string;
  readonly customer: string;
  /** Of the first period. */
  readonly start: number;
  subscriptions: string[];
}

const { basic, pro, premium } = PRICES;
const bank = () => rig.stripe.bank;
const subscribe = (price: string) => (world: World) => {
  world.subscriptions.push(bank().subscribe(world.customer, price, {}).id);
};
const first = ({ subscriptions }: World) => subscriptions[0] ?? '';
const second = ({ subscriptions }: World) => subscriptions[1] ?? '';
const decline = (isDeclined: boolean) => (world: World) => bank().decline(world.customer, isDeclined);
const renew = (world: World) => bank().renew(first(world));
const pass = (days: number) => () => rig.pass(days);
const invoiceOf = (id: string) =>
  [...bank().invoices.values()].find((each) => each.subscription === id)?.id ?? '';

const free: Told = { plan: 'free', source: 'default', until: Number.POSITIVE_INFINITY };
const paid =
  (plan: Plan, periods: number) =>
  (world: World): Told => ({
    ...{ plan, source: 'stripe' },
    until: world.start + (30 * periods + GRACE_DAYS) * DAY,
  });

const stories: Readonly<Record<string, Story>> = {
  'a new subscription': { steps: [subscribe(pro)], end: paid('pro', 1) },
  'one whose first payment fails': { steps: [decline(true), subscribe(premium)], end: () => free },
  'one whose first payment comes later': {
    steps: [decline(true), subscribe(pro), decline(false), (world) => bank().retry(first(world))],
    end: paid('pro', 1),
  },
  'a renewal': { steps: [subscribe(pro), pass(30), renew], end: paid('pro', 2) },
  'an upgrade': {
    steps: [subscribe(basic), pass(10), (world) => bank().changePrice(first(world), premium, true)],
    end: paid('premium', 1),
  },
  'an upgrade nobody pays for, which gives nothing more': {
    steps: [
      subscribe(basic),
      pass(10),
      decline(true),
      (world) => bank().changePrice(first(world), premium, false),
    ],
    end: paid('basic', 1),
  },
  'a downgrade': {
    steps: [subscribe(premium), pass(10), (world) => bank().changePrice(first(world), basic, false)],
    end: paid('basic', 1),
  },
  'an upgrade whose money went back, which leaves what was paid before': {
    steps: [
      ...[subscribe(basic), pass(10), (world: World) => bank().changePrice(first(world), premium, true)],
      () => bank().refund([...bank().invoices.keys()].at(-1) ?? ''),
    ],
    end: paid('basic', 1),
  },
  'an upgrade while a renewal is owed, which gives nothing more': {
    steps: [
      ...[subscribe(basic), pass(30), decline(true), renew, decline(false)],
      (world) => bank().changePrice(first(world), premium, false),
    ],
    end: paid('basic', 1),
  },
  'a renewal nobody pays for, which lasts no longer than what was paid': {
    steps: [subscribe(pro), pass(30), decline(true), renew],
    end: paid('pro', 1),
  },
  'the same when its days of grace are over': {
    steps: [subscribe(pro), pass(30), decline(true), renew, pass(GRACE_DAYS)],
    end: () => free,
  },
  'the same when Stripe has given up': {
    steps: [subscribe(pro), pass(30), decline(true), renew, (world) => bank().giveUp(first(world), 'unpaid')],
    end: () => free,
  },
  'a failed payment and its recovery': {
    steps: [
      ...[subscribe(pro), pass(30), decline(true), renew, pass(2), decline(false)],
      (world) => bank().retry(first(world)),
    ],
    end: paid('pro', 2),
  },
  'a cancellation at the end of the period, before that': {
    steps: [subscribe(pro), pass(10), (world) => bank().endWithPeriod(first(world), true)],
    end: (world) => ({ plan: 'pro', until: world.start + 30 * DAY }),
  },
  'a cancellation, and its end': {
    steps: [subscribe(pro), (world) => bank().endWithPeriod(first(world), true), pass(30), renew],
    end: () => free,
  },
  'a cancellation taken back': {
    steps: [
      subscribe(pro),
      (world) => bank().endWithPeriod(first(world), true),
      (world) => bank().endWithPeriod(first(world), false),
    ],
    end: paid('pro', 1),
  },
  'who cancels at once and returns': {
    steps: [
      subscribe(premium),
      pass(3),
      (world) => bank().cancelNow(first(world)),
      pass(4),
      subscribe(basic),
    ],
    end: (world) => ({ plan: 'basic', until: world.start + (7 + 30 + GRACE_DAYS) * DAY }),
  },
  'a refund': {
    steps: [subscribe(pro), pass(2), (world) => bank().refund(invoiceOf(first(world)))],
    end: () => free,
  },
  'a refund, and the next period, which is paid': {
    steps: [subscribe(pro), pass(2), (world) => bank().refund(invoiceOf(first(world))), pass(28), renew],
    end: paid('pro', 2),
  },
  'a refund of a part, which changes nothing': {
    steps: [subscribe(pro), (world) => bank().refund(invoiceOf(first(world)), 100)],
    end: paid('pro', 1),
  },
  'a dispute': {
    steps: [subscribe(pro), (world) => void bank().dispute(invoiceOf(first(world)))],
    end: () => free,
  },
  'a dispute that was won': {
    steps: [
      subscribe(pro),
      (world) => bank().closeDispute(bank().dispute(invoiceOf(first(world))).id, 'won'),
    ],
    end: paid('pro', 1),
  },
  'a customer that was deleted': {
    steps: [subscribe(premium), pass(5), (world) => void bank().deleteCustomer(world.customer)],
    end: () => free,
  },
  'two subscriptions, of which the better counts': {
    steps: [subscribe(premium), subscribe(basic)],
    end: paid('premium', 1),
  },
  'two subscriptions, the better of which ends': {
    steps: [subscribe(premium), subscribe(basic), pass(6), (world) => bank().cancelNow(first(world))],
    end: paid('basic', 1),
  },
  'two subscriptions, the worse of which ends': {
    steps: [subscribe(premium), subscribe(basic), pass(6), (world) => bank().cancelNow(second(world))],
    end: paid('premium', 1),
  },
  'one that was paused': {
    steps: [subscribe(pro), (world) => bank().pause(first(world), true)],
    end: () => free,
  },
  'one that was paused and goes on': {
    steps: [
      subscribe(pro),
      (world) => bank().pause(first(world), true),
      (world) => bank().pause(first(world), false),
    ],
    end: paid('pro', 1),
  },
  'a price nobody has configured, which gives nothing': {
    steps: [subscribe('price_unknown')],
    end: () => free,
  },
  'a better voucher on top, which counts first': {
    steps: [subscribe(basic), (world) => rig.giveVoucher(world.accountId, 'premium', 40), pass(1)],
    end: (world) => ({ plan: 'premium', source: 'voucher', until: world.start + 40 * DAY }),
  },
  'a voucher below, whose days are all there when the subscription ends': {
    steps: [
      ...[subscribe(pro), (world: World) => rig.giveVoucher(world.accountId, 'basic', 10), pass(20)],
      (world) => bank().endWithPeriod(first(world), true),
      ...[pass(10), renew, pass(1)],
    ],
    end: (world) => ({ plan: 'basic', source: 'voucher', until: world.start + 40 * DAY }),
  },
};

/** What is delivered after a step, and in which order; the rest waits. */
interface Weather {
  /** Shares of what is pending, by step. */
  readonly shares: readonly number[];
  readonly seed: number;
  readonly twice: boolean;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  shares: fc.array(fc.constantFrom(0, 0, 0.5, 1), { minLength: 12, maxLength: 12 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  twice: fc.boolean(),
});

function shuffled(events: readonly StripeEvent[], seed: number): StripeEvent[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return events
    .map((event) => ({ event, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

async function tell({ steps, end }: Story, { shares, seed, twice }: Weather): Promise<void> {
  const { accountId, customer } = await rig.newCustomer();
  const world: World = {
    accountId,
    customer,
    start: Math.floor(rig.now() / 1_000) * 1_000,
    subscriptions: [],
  };
  let pending: StripeEvent[] = rig.stripe.outbox.take();
  const seen: StripeEvent[] = [];
  for (const [at, step] of steps.entries()) {
    await step(world);
    pending = shuffled([...pending, ...rig.stripe.outbox.take()], seed + at);
    const now = pending.splice(0, Math.floor(pending.length * (shares[at] ?? 0)));
    await rig.deliver(now);
    seen.push(...now);
  }
  await rig.deliver(shuffled(twice ? [...pending, ...pending, ...seen] : pending, seed));
  const expected = end(world);
  const actual = await rig.planAt(accountId);
  expect({
    ...actual,
    until: Math.abs(actual.until - expected.until) < 1_000 ? expected.until : actual.until,
  }).toMatchObject(expected);
}

describe.each(['current', 'old'] as const)('events in the shape of %s versions', (shape) => {
  beforeAll(() => rig.stripe.writeAs(shape));

  it.each(Object.entries(stories))('converge: %s', { timeout: 120_000 }, async (_name, story) => {
    await tell(story, { shares: [], seed: 1, twice: false });
    await fc.assert(
      fc.asyncProperty(weather, (each) => tell(story, each)),
      { numRuns: 3 },
    );
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

it('every permutation of the events of a failed upgrade, each twice, ends with what was paid', {
  timeout: 240_000,
}, async () => {
  for (const order of permutations([0, 1, 2, 3, 4])) {
    const { accountId, customer } = await rig.newCustomer();
    rig.stripe.bank.subscribe(customer, basic, {});
    const { id } = [...rig.stripe.bank.subscriptions.values()].at(-1) ?? { id: '' };
    rig.stripe.bank.decline(customer, true);
    rig.stripe.bank.changePrice(id, premium, false);
    const events = rig.stripe.outbox
      .take()
      .filter(({ type }) => !/^(charge|customer\.created)/.test(type))
      .slice(-5);
    expect(events).toHaveLength(5);
    const delivered = order.flatMap((at) => [events[at], events[at]]).filter((event) => event !== undefined);
    await rig.deliver(delivered);
    expect((await rig.planAt(accountId)).plan).toBe('basic');
  }
});
