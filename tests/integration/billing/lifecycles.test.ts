/**
 * Whatever order, number and moment the events of a lifecycle come in, what an account can do ends the same: as its
 * story says (promise P12). Stories are told against the double, in the shapes of old and of current versions.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StripeEvent } from '../../../simulator/stripe/outbox.ts';
import { effort, seed } from './effort.ts';
import { type ManyPayments, startManyPayments } from './rig.ts';
import { newWorld, planOf, type Story, shuffled, stories } from './stories.ts';

let many: ManyPayments;
beforeAll(async () => {
  many = await startManyPayments();
});
afterAll(() => many.close());

/** What is delivered after a step, and in which order; the rest waits. */
interface Weather {
  /** Shares of what is pending, by step. */
  readonly shares: readonly number[];
  readonly seed: number;
  readonly twice: boolean;
  readonly atOnce: boolean;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  shares: fc.array(fc.constantFrom(0, 0, 0.5, 1), { minLength: 12, maxLength: 12 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  twice: fc.boolean(),
  atOnce: fc.boolean(),
});
const fair: Weather = { shares: [], seed: 1, twice: false, atOnce: false };

async function tell(
  { steps, end }: Story,
  shape: 'current' | 'old',
  { shares, seed, twice, atOnce }: Weather,
): Promise<void> {
  const payments = many.create();
  payments.stripe.writeAs(shape);
  const world = await newWorld(payments);
  const deliver = (events: readonly StripeEvent[]) =>
    atOnce ? payments.deliverAtOnce(events) : payments.deliver(events);
  let pending: StripeEvent[] = payments.stripe.outbox.take();
  const seen: StripeEvent[] = [];
  for (const [at, step] of steps.entries()) {
    await step(world);
    pending = shuffled([...pending, ...payments.stripe.outbox.take()], seed + at);
    const now = pending.splice(0, Math.floor(pending.length * (shares[at] ?? 0)));
    await deliver(now);
    seen.push(...now);
  }
  await deliver(shuffled(twice ? [...pending, ...pending, ...seen] : pending, seed));
  expect(await planOf(world)).toMatchObject(end(world));
}

describe.concurrent.each(['current', 'old'] as const)('events in the shape of %s versions', (shape) => {
  it.each(Object.entries(stories))('converge: %s', { timeout: 60_000 * effort }, async (_name, story) => {
    await tell(story, shape, fair);
    await fc.assert(
      fc.asyncProperty(weather, (each) => tell(story, shape, each)),
      { numRuns: 2 * effort, seed },
    );
  });
});
