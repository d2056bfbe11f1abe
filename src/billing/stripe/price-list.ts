/** What plans cost, as Stripe has it: asked for now and then, kept while Stripe is away, never worth an error. */
import { type Plan, plans } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { stripePrice } from './objects.ts';
import type { Payments } from './payments.ts';

export interface Price {
  /** In the smallest unit of the currency. */
  readonly amount: number;
  /** ISO 4217, capitals. */
  readonly currency: string;
  readonly interval: 'day' | 'week' | 'month' | 'year';
  /** So many intervals are paid at once. */
  readonly intervalCount: number;
}

export interface PriceList {
  /** Of what is sold, as far as it is known. Nobody waits for it longer than `WAIT_MS`. */
  read(): Promise<ReadonlyMap<Plan, Price>>;
}

const FRESH_MS = 10 * 60_000;
/** After a failure. */
const RETRY_MS = 60_000;
/** What Stripe has not confirmed for so long is shown no longer. */
const KEPT_MS = 24 * 3_600_000;
const WAIT_MS = 1_500;
/** Of one look; nobody waits for that. */
const LOOK_MS = 30_000;

export interface PriceListOptions {
  readonly payments: Payments;
  /** The first price of a plan is what is sold. */
  readonly prices: Readonly<Partial<Record<Plan, readonly string[]>>>;
  readonly clock: Clock;
  readonly log: Log;
}

export function createPriceList({ payments, prices, clock, log }: PriceListOptions): PriceList {
  let known: { readonly prices: ReadonlyMap<Plan, Price>; readonly at: number } | undefined;
  let nextAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const patience = new AbortController();
    const cancel = clock.after(LOOK_MS, () => patience.abort());
    const patient = payments.within(patience.signal);
    try {
      const found = await Promise.all(
        plans.map(async (plan) => {
          const id = prices[plan]?.[0];
          const price = id === undefined ? undefined : stripePrice.optional().parse(await patient.price(id));
          return price === undefined ? [] : [[plan, price] as const];
        }),
      );
      known = { prices: new Map(found.flat()), at: clock.monotonic() };
      nextAt = clock.monotonic() + FRESH_MS;
    } catch (error) {
      log.warn({ error }, 'prices not readable, trying again later');
      nextAt = clock.monotonic() + RETRY_MS;
    } finally {
      cancel();
      looking = undefined;
    }
  }

  const present = () =>
    known !== undefined && clock.monotonic() - known.at < KEPT_MS ? known.prices : undefined;

  return {
    async read() {
      if (clock.monotonic() >= nextAt) looking ??= look();
      const kept = present();
      if (kept !== undefined || looking === undefined) return kept ?? new Map();
      let cancel = () => {};
      const wait = new Promise<void>((resolve) => {
        cancel = clock.after(WAIT_MS, resolve);
      });
      await Promise.race([looking, wait]).finally(() => cancel());
      return present() ?? new Map();
    },
  };
}
