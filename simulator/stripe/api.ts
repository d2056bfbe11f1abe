/** The part of Stripe's API the gateway uses. */
import { type Context, Hono } from 'hono';
import { type FormObject, objectAt, parseForm, textAt, textsOf } from './form.ts';
import { type Bank, type CheckoutSession, StripeRefusal } from './model.ts';
import type { Objects } from './objects.ts';

export interface StripeApiOptions {
  readonly bank: Bank;
  readonly objects: Objects;
  readonly secretKey: string;
  readonly origin: () => string;
}

export function createStripeApi({ bank, objects, secretKey, origin }: StripeApiOptions) {
  const app = new Hono();
  /** By their Idempotency-Key. */
  const answers = new Map<string, object>();

  app.use(async (c, next) => {
    if (c.req.header('authorization') !== `Bearer ${secretKey}`) {
      throw new StripeRefusal(401, 'invalid_request_error', 'api_key_invalid', 'Invalid API Key provided');
    }
    const key = c.req.method === 'POST' ? c.req.header('idempotency-key') : undefined;
    const known = key === undefined ? undefined : answers.get(key);
    if (known !== undefined) return c.json(known);
    await next();
    if (key !== undefined && c.res.ok) answers.set(key, (await c.res.clone().json()) as object);
  });
  app.onError((error, c) => {
    if (!(error instanceof StripeRefusal)) throw error;
    const { type, code, message } = error;
    return c.json({ error: { type, code, message } }, error.status as 404);
  });
  const formOf = async (request: { text(): Promise<string> }): Promise<FormObject> =>
    parseForm(await request.text());
  const present = (customer: string) => {
    if (!bank.customers.has(customer) || bank.customer(customer).deleted)
      throw new StripeRefusal(
        400,
        'invalid_request_error',
        'resource_missing',
        `No such customer: '${customer}'`,
      );
  };
  /** A page of a list, newest first, as `limit` and `starting_after` ask for it. */
  function listed<T extends { readonly id: string }>(
    c: Context,
    items: Iterable<T>,
    isWanted: (item: T) => boolean,
    write: (item: T) => object,
  ) {
    const all = [...items].filter(isWanted).reverse();
    const after = c.req.query('starting_after');
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const until = from + Number(c.req.query('limit') ?? 10);
    return c.json(objects.listOf(all.slice(from, until).map(write), c.req.path, until < all.length));
  }

  app.post('/customers', async (c) => {
    const form = await formOf(c.req);
    return c.json(
      objects.customer(bank.createCustomer(textAt(form, 'email'), textsOf(objectAt(form, 'metadata')))),
    );
  });
  app.get('/customers/:id', (c) => c.json(objects.customer(bank.customer(c.req.param('id')))));
  app.post('/checkout/sessions', async (c) => {
    const form = await formOf(c.req);
    const session = bank.openSession({
      customer: textAt(form, 'customer'),
      price: textAt(objectAt(objectAt(form, 'line_items'), '0'), 'price'),
      successUrl: textAt(form, 'success_url'),
      cancelUrl: textAt(form, 'cancel_url'),
      metadata: textsOf(objectAt(form, 'metadata')),
      language: textAt(form, 'locale'),
    });
    return c.json(objects.session(session));
  });
  app.get('/checkout/sessions', (c) => {
    const { customer, status } = c.req.query();
    const isWanted = (each: CheckoutSession) => each.customer === customer && each.status === status;
    return listed(c, bank.sessions.values(), isWanted, objects.session);
  });
  app.post('/checkout/sessions/:id/expire', (c) =>
    c.json(objects.session(bank.expireSession(c.req.param('id')))),
  );
  app.get('/prices/:id', (c) => c.json(objects.price(bank.priceOf(c.req.param('id')))));
  app.post('/billing_portal/sessions', async (c) => {
    const form = await formOf(c.req);
    const portal = bank.openPortal({
      customer: textAt(form, 'customer'),
      returnUrl: textAt(form, 'return_url'),
      language: textAt(form, 'locale'),
    });
    const url = `${origin()}/p/session/${portal.id}`;
    return c.json({ id: portal.id, object: 'billing_portal.session', customer: portal.customer, url });
  });
  app.get('/subscriptions', (c) => {
    const customer = c.req.query('customer') ?? '';
    present(customer);
    return listed(c, bank.subscriptions.values(), (each) => each.customer === customer, objects.subscription);
  });
  app.get('/subscriptions/:id', (c) => c.json(objects.subscription(bank.subscription(c.req.param('id')))));
  app.post('/subscriptions/:id', async (c) => {
    const form = await formOf(c.req);
    const id = c.req.param('id');
    const price = textAt(objectAt(objectAt(form, 'items'), '0'), 'price');
    if (price !== '') bank.changePrice(id, price, textAt(form, 'payment_behavior') === 'error_if_incomplete');
    const ends = textAt(form, 'cancel_at_period_end');
    if (ends !== '') bank.endWithPeriod(id, ends === 'true');
    if ('cancel_at' in form) bank.endAt(id, null);
    return c.json(objects.subscription(bank.subscription(id)));
  });
  app.get('/invoices', (c) => {
    const customer = c.req.query('customer') ?? '';
    if (!bank.customers.has(customer)) present(customer);
    return listed(c, bank.invoices.values(), (each) => each.customer === customer, objects.invoice);
  });
  app.get('/charges', (c) => {
    const customer = c.req.query('customer') ?? '';
    return listed(c, bank.charges.values(), (each) => each.customer === customer, objects.charge);
  });
  app.get('/charges/:id', (c) => c.json(objects.charge(bank.charge(c.req.param('id')))));
  app.get('/disputes', (c) => {
    const charge = c.req.query('charge');
    return listed(c, bank.disputes.values(), (each) => each.charge === charge, objects.dispute);
  });
  app.notFound((c) =>
    c.json(
      { error: { type: 'invalid_request_error', code: 'unknown', message: 'Unrecognized request URL' } },
      404,
    ),
  );
  return app;
}
