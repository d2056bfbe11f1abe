/** Every permutation of the events of a lifecycle, each event twice, ends as its story says (promise P12). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Shape } from '../../../../simulator/stripe/objects.ts';
import type { StripeEvent } from '../../../../simulator/stripe/outbox.ts';
import { effort, inLanes, seed } from '../effort.ts';
import { type ManyPayments, startManyPayments } from '../rig.ts';
import { newWorld, planOf, type Story, shuffled, stories } from '../stories.ts';

/** Those that promise P12 is about, and others that take their time. */
const usual = [
  'a new subscription',
  'an upgrade',
  'a downgrade',
  'a failed payment and its recovery',
  'who cancels at once and returns',
  'a refund',
  'a customer that was deleted',
  'two subscriptions, of which the better counts',
  'a better voucher on top, which counts first',
];
const more = [
  'an upgrade nobody pays for, which gives nothing more',
  'a renewal nobody pays for, which lasts no longer than what was paid',
  'a cancellation, and its end',
  'a dispute that was won',
  'two subscriptions, the better of which ends',
  'a voucher below, whose days are all there when the subscription ends',
];
const lifecycles = effort > 1 ? [...usual, ...more] : usual;

/** Those docs/billing.md asks for. */
const RELEVANT =
  /^(checkout\.session\.completed|customer\.deleted|customer\.subscription\..+|invoice\.(paid|payment_failed|voided)|charge\.(refunded|dispute\.(created|closed)))$/;
/** As many are permuted in all ways; 6 in the longer form. The others of a story come in sampled orders. */
const MOST = effort > 1 ? 6 : 5;
const SAMPLES = 12 * effort;

/** Something that comes to the gateway. */
interface Arrival {
  /** The same for what says the same. */
  readonly name: string;
  readonly come: () => Promise<unknown>;
  readonly isOnce: boolean;
}

async function live(many: ManyPayments, story: Story, shape: Shape) {
  const payments = many.create();
  payments.stripe.writeAs(shape);
  const vouchers: Arrival[] = [];
  const world = await newWorld(payments, (plan, days) => {
    const at = payments.now();
    const come = () => payments.giveVoucher(world.accountId, plan, days, at);
    vouchers.push({ name: `voucher ${plan}`, come, isOnce: true });
  });
  for (const step of story.steps) await step(world);
  const events = payments.stripe.outbox.take().filter(({ type }) => RELEVANT.test(type));
  const arrivals = [...events.map((event) => arrivalOf(event)), ...vouchers];
  return { world, arrivals };

  function arrivalOf(event: StripeEvent): Arrival {
    const { object } = JSON.parse(event.payload).data;
    return {
      name: `${event.type} ${object.subscription ?? object.id}`,
      come: () => payments.deliver([event]),
      isOnce: false,
    };
  }
}

/** Which of them are permuted in all ways: the last of each name, and where these are too many, those of each type first. */
function chosen(arrivals: readonly Arrival[]): number[] {
  const last = new Map(arrivals.map(({ name }, at) => [name, at]));
  const places = arrivals.length <= MOST ? arrivals.map((_, at) => at) : [...last.values()];
  const typeOf = (at: number) => arrivals[at]?.name.split(' ')[0];
  const isFirstOfType = (at: number) => places.find((each) => typeOf(each) === typeOf(at)) === at;
  const inTurn = [...places.filter(isFirstOfType), ...places.filter((at) => !isFirstOfType(at))];
  return inTurn.slice(0, MOST);
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

/** A file of tests for each shape, so that they share the cores. */
export function proveOrders(shape: Shape): void {
  let many: ManyPayments;
  beforeAll(async () => {
    many = await startManyPayments();
  });
  afterAll(() => many.close());

  it.each(lifecycles)('every order of %s', { timeout: 300_000 * effort }, async (name) => {
    const story = stories[name];
    if (story === undefined) throw new Error(`There is no story of ${name}`);
    const { arrivals } = await live(many, story, shape);
    const all = arrivals.map((_, at) => at);
    const sampled = Array.from({ length: SAMPLES }, (_, n) => shuffled(all, seed * 1_000 + n + 1));
    const orders = [...permutations(chosen(arrivals)), ...(all.length > MOST ? sampled : [])];
    await inLanes(orders, async (order) => {
      const { world, arrivals: own } = await live(many, story, shape);
      // The second time either at once, or after all the others.
      const again = order[0] === Math.min(...order) ? [...order].reverse() : undefined;
      const sequence = again === undefined ? order.flatMap((at) => [at, at]) : [...order, ...again];
      const come = new Set<number>();
      for (const at of sequence) {
        if (own[at]?.isOnce && come.has(at)) continue;
        come.add(at);
        await own[at]?.come();
      }
      const said = order.map((at) => own[at]?.name).join(', ');
      expect(await planOf(world), said).toMatchObject(story.end(world));
    });
  });
}
