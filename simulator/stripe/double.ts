/** Stands in for Stripe, for tests and demos: its API, its pages, its events. Nothing is charged. */
import { Hono } from 'hono';
import { createStripeApi } from './api.ts';
import { type Bank, createBank, type Price } from './model.ts';
import { API_VERSIONS, createObjects, type Shape } from './objects.ts';
import { createOutbox, type Outbox, type Weather } from './outbox.ts';
import { createStripePages } from './pages.ts';

export interface StripeDoubleOptions {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly prices: readonly Price[];
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Clock of the signatures, where it differs. */
  readonly signedAt?: () => number;
  /** Takes an event to the gateway; resolves to the status of its answer. */
  readonly send: (payload: string, signature: string) => Promise<number>;
  /** Where its pages are. */
  readonly origin?: () => string;
  /** How badly its events are delivered. Default: well. */
  readonly weather?: Weather;
  /** In all ids, for several doubles of one gateway. */
  readonly mark?: string;
}

export interface StripeDouble {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly bank: Bank;
  readonly outbox: Outbox;
  /** Of what it writes from now on, answers and events alike. */
  writeAs(shape: Shape): void;
}

export function createStripeDouble(options: StripeDoubleOptions): StripeDouble {
  const {
    secretKey,
    now = Date.now,
    signedAt = now,
    origin = () => 'http://stripe.test',
    mark = '',
  } = options;
  let shape: Shape = 'current';
  let events = 0;
  const outbox = createOutbox({
    ...{ secret: () => options.webhookSecret, now: signedAt, send: options.send },
    weather: options.weather,
  });
  const bank = createBank({
    prices: options.prices,
    now,
    mark,
    onEvent(happened) {
      const id = `evt_${mark}${String(++events).padStart(6, '0')}`;
      const event = {
        ...{ id, object: 'event', type: happened.type, created: Math.floor(now() / 1_000) },
        ...{ api_version: API_VERSIONS[shape], livemode: false },
        data: { object: objects.about(happened) },
      };
      outbox.put({ id, type: happened.type, payload: JSON.stringify(event) });
    },
  });
  const objects = createObjects(bank, () => shape, origin);
  const app = new Hono()
    .route('/v1', createStripeApi({ bank, objects, secretKey, origin }))
    .route('/', createStripePages({ bank, settle: () => outbox.flush() }));
  return {
    fetch: (request) => app.fetch(request),
    bank,
    outbox,
    writeAs(next) {
      shape = next;
    },
  };
}
