/** The double of Stripe on its own, beside a gateway: `npm run stripe`. */
import { listen } from '../../src/serve.ts';
import { createStripeDouble } from './double.ts';
import { readWeather } from './outbox.ts';

const port = Number(process.env.STRIPE_DOUBLE_PORT ?? 4242);
const gateway = process.env.STRIPE_DOUBLE_GATEWAY ?? 'http://127.0.0.1:8000';
const secretKey = 'sk_test_double';
const webhookSecret = 'whsec_double';
const prices = [
  { id: 'price_basic', name: 'Basic', amount: 500 },
  { id: 'price_pro', name: 'Pro', amount: 1_000 },
  { id: 'price_premium', name: 'Premium', amount: 2_000 },
];
let origin = '';

const weather = readWeather(process.env.STRIPE_DOUBLE_WEATHER ?? '');
const double = createStripeDouble({
  ...{ secretKey, webhookSecret, prices, weather },
  origin: () => origin,
  async send(payload, signature) {
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const response = await fetch(`${gateway}/api/v1/billing/webhook`, {
      method: 'POST',
      body: payload,
      headers,
    });
    return response.status;
  },
});

const listener = await listen((request) => double.fetch(request), { hostname: '127.0.0.1', port });
origin = `http://127.0.0.1:${listener.port}`;
// What a gateway that was away did not take comes again, as it does from Stripe.
setInterval(() => void double.outbox.flush(), 2_000);
console.log(`A double of Stripe is at ${origin}. Start the gateway with:

STRIPE_API_BASE=${origin} \\
STRIPE_SECRET_KEY=${secretKey} STRIPE_WEBHOOK_SECRET=${webhookSecret} \\
STRIPE_PRICE_ID_BASIC=price_basic STRIPE_PRICE_ID_PRO=price_pro STRIPE_PRICE_ID_PREMIUM=price_premium \\
STRIPE_GRACE_DAYS=0 DEMO=true npm start`);
