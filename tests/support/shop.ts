/** The product with a shop: a double of Stripe listens on this machine, its pages included. */
import { listen } from '../../src/serve.ts';
import { freePort } from './port.ts';
import { type Product, type ProductOptions, startProduct } from './product.ts';
import { startStripe, stripeEnvironment, type TestStripe } from './stripe.ts';

export interface Shop {
  readonly product: Product;
  readonly stripe: TestStripe;
  /** Events wait from now on, or go on their way again. */
  holdEvents(isHeld: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startShop(options: ProductOptions = {}): Promise<Shop> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let stripeUrl = '';
  let isHeld = false;
  const stripe = startStripe({
    origin: () => stripeUrl,
    send: async (payload, signature) => {
      if (isHeld) return 503;
      const response = await fetch(`${url}/api/v1/billing/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': signature },
        body: payload,
      });
      return response.status;
    },
  });
  const listener = await listen(async (request) => stripe.fetch(request), {
    hostname: '127.0.0.1',
    port: 0,
  });
  stripeUrl = `http://127.0.0.1:${listener.port}`;
  const product = await startProduct({
    ...options,
    env: {
      ...stripeEnvironment,
      STRIPE_API_BASE: stripeUrl,
      FRONTEND_URL: url,
      PORT: String(port),
      ...options.env,
    },
  });
  return {
    product,
    stripe,
    async holdEvents(value) {
      isHeld = value;
      if (!value) await stripe.outbox.flush();
    },
    async close() {
      await product.close();
      await listener.close();
    },
  };
}
