/** The part of Stripe's API the gateway uses. */
import { Hono } from 'hono';
import { type FormObject, objectAt, parseForm, textAt, textsOf } from './form.ts';
import { type Bank, StripeRefusal } from './model.ts';
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
  const newest = <T>(items: Iterable<T>) => [...items].reverse();

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
    const own = newest(bank.subscriptions.values()).filter((each) => each.customer === customer);
    return c.json(objects.listOf(own.map(objects.subscription), '/v1/subscriptions'));
  });
  app.get('/subscriptions/:id', (c) => c.json(objects.subscription(bank.subscription(c.req.param('id')))));
  app.post('/subscriptions/:id', async (c) => {
    const form = await formOf(c.req);
    const id = c.req.param('id');
    const price = textAt(objectAt(objectAt(form, 'items'), '0'), 'price');
    if (price !== '') bank.changePrice(id, price, textAt(form, 'payment_behavior') === 'error_if_incomplete');
    const ends = textAt(form, 'cancel_at_period_end');
    if (ends !== '') bank.endWithPeriod(id, ends === 'true');
    return c.json(objects.subscription(bank.subscription(id)));
  });
  app.get('/invoices', (c) => {
    const customer = c.req.query('customer') ?? '';
    if (!bank.customers.has(customer)) present(customer);
    const own = newest(bank.invoices.values()).filter((each) => each.customer === customer);
    return c.json(objects.listOf(own.map(objects.invoice), '/v1/invoices'));
  });
  app.get('/charges', (c) => {
    const customer = c.req.query('customer') ?? '';
    const own = newest(bank.charges.values()).filter((each) => each.customer === customer);
    return c.json(objects.listOf(own.map(objects.charge), '/v1/charges'));
  });
  app.get('/charges/:id', (c) => c.json(objects.charge(bank.charge(c.req.param('id')))));
  app.get('/disputes', (c) => {
    const charge = c.req.query('charge');
    const own = newest(bank.disputes.values()).filter((each) => each.charge === charge);
    return c.json(objects.listOf(own.map(objects.dispute), '/v1/disputes'));
  });
  app.notFound((c) =>
    c.json(
      { error: { type: 'invalid_request_error', code: 'unknown', message: 'Unrecognized request URL' } },
      404,
    ),
  );
  return app;
}
