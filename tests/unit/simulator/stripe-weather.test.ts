/** How badly the double of Stripe delivers its events when it is told to. */
import { describe, expect, it } from 'vitest';
import { createOutbox, readWeather, type Weather } from '../../../simulator/stripe/outbox.ts';

function outboxIn(weather: Weather, random = () => 0.5) {
  const arrived: string[] = [];
  const state = { nowMs: 0, status: 200 };
  const outbox = createOutbox({
    ...{ secret: () => 'whsec_x', now: () => state.nowMs, weather, random },
    send: async (payload) => {
      arrived.push(payload);
      return state.status;
    },
  });
  const happen = (count: number) => {
    for (let n = 0; n < count; n++) outbox.put({ id: `${n}`, type: 'invoice.paid', payload: `${n}` });
  };
  return { ...{ outbox, arrived, state, happen } };
}

describe('events', () => {
  it('come once and in order when nothing is said', async () => {
    const { outbox, arrived, happen } = outboxIn({});
    happen(4);
    await outbox.flush();
    await outbox.flush();
    expect(arrived).toEqual(['0', '1', '2', '3']);
  });

  it('come in another order, and all of them', async () => {
    let draw = 0;
    const { outbox, arrived, happen } = outboxIn({ shuffled: true }, () => [0.9, 0.1, 0.5][draw++ % 3] ?? 0);
    happen(3);
    await outbox.flush();
    expect(arrived).not.toEqual(['0', '1', '2']);
    expect([...arrived].sort()).toEqual(['0', '1', '2']);
  });

  it('come twice', async () => {
    const { outbox, arrived, happen } = outboxIn({ twice: true });
    happen(2);
    await outbox.flush();
    expect([...arrived].sort()).toEqual(['0', '0', '1', '1']);
  });

  it('come late, but come', async () => {
    const { outbox, arrived, happen, state } = outboxIn({ lateMs: 10_000 });
    happen(1);
    await outbox.flush();
    expect(arrived).toEqual([]);
    state.nowMs = 5_000;
    await outbox.flush();
    expect(arrived).toEqual(['0']);
  });

  it('never come, as many as were said', async () => {
    let draw = 0;
    const { outbox, arrived, happen } = outboxIn({ lost: 0.5 }, () => (draw++ % 2 === 0 ? 0.2 : 0.8));
    happen(4);
    await outbox.flush();
    expect(arrived).toHaveLength(2);
    expect(outbox.all).toHaveLength(4);
  });

  it('that are refused come again', async () => {
    const { outbox, arrived, happen, state } = outboxIn({ twice: true });
    happen(1);
    state.status = 500;
    await outbox.flush();
    state.status = 200;
    await outbox.flush();
    await outbox.flush();
    expect(arrived.length).toBeGreaterThanOrEqual(3);
    expect(outbox.take()).toEqual([]);
  });
});

describe('the weather', () => {
  it('is told in words', () => {
    expect(readWeather('shuffled twice late=5 lost=0.25')).toEqual({
      ...{ shuffled: true, twice: true, lateMs: 5_000, lost: 0.25 },
    });
    expect(readWeather('')).toEqual({});
  });

  it.each(['sunny', 'lost', 'lost=2', 'late=-1', 'late=x'])('%s is refused', (words) => {
    expect(() => readWeather(words)).toThrow('STRIPE_DOUBLE_WEATHER');
  });
});
