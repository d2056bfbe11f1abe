/** The double of Stripe as tests use it: known keys, three prices, an own clock. */
import { createStripeDouble, type StripeDoubleOptions } from '../../simulator/stripe/double.ts';

export const STRIPE_KEY = 'sk_test_double';
export const WEBHOOK_SECRET = 'whsec_double';
export const PRICES = { basic: 'price_basic', pro: 'price_pro', premium: 'price_premium' } as const;

export const stripeEnvironment = {
  STRIPE_SECRET_KEY: STRIPE_KEY,
  STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  STRIPE_PRICE_ID_BASIC: PRICES.basic,
  STRIPE_PRICE_ID_PRO: PRICES.pro,
  STRIPE_PRICE_ID_PREMIUM: `${PRICES.premium}, price_premium_yearly`,
  STRIPE_API_BASE: 'http://stripe.test',
} as const;

export function startStripe(options: Pick<StripeDoubleOptions, 'send'> & Partial<StripeDoubleOptions>) {
  const double = createStripeDouble({
    secretKey: STRIPE_KEY,
    webhookSecret: WEBHOOK_SECRET,
    prices: [
      { id: PRICES.basic, name: 'Basic', amount: 500 },
      { id: PRICES.pro, name: 'Pro', amount: 1_000 },
      { id: PRICES.premium, name: 'Premium', amount: 2_000 },
      { id: 'price_unknown', name: 'Something else', amount: 9_900 },
    ],
    ...options,
  });
  let isDown = false;
  let requests = 0;
  let isHanging = false;
  let isFailing = false;
  /** Idempotency-Keys of what failed inside: Stripe answers the same for a day. */
  const failed = new Set<string>();
  /** What the library asks, in this process. */
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests++;
    if (isDown) throw new TypeError('connection refused');
    if (isHanging) {
      await new Promise((_, reject) => {
        init?.signal?.throwIfAborted();
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    }
    const request = new Request(input, init);
    const key = request.headers.get('idempotency-key') ?? '';
    if (isFailing && key !== '') failed.add(key);
    if (isFailing || failed.has(key)) {
      const error = { type: 'api_error', message: 'An unknown error occurred' };
      return Response.json({ error }, { status: 500, headers: { 'stripe-should-retry': 'false' } });
    }
    return double.fetch(request);
  };
  return {
    ...double,
    fetch,
    /** How many the library has made. */
    requests: () => requests,
    setDown(value: boolean): void {
      isDown = value;
    },
    /** It answers 500. */
    setFailing(value: boolean): void {
      isFailing = value;
    },
    /** It takes requests and never answers. */
    setHanging(value: boolean): void {
      isHanging = value;
    },
  };
}
export type TestStripe = ReturnType<typeof startStripe>;
