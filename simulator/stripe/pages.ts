/** The pages people see at Stripe: one to pay, one to manage what they pay for. Plain, and without scripts. */
import { Hono } from 'hono';
import { html } from 'hono/html';
import { type Bank, type Subscription, totalOf } from './model.ts';

export interface StripePagesOptions {
  readonly bank: Bank;
  /** Delivers what has happened, before people come back. */
  readonly settle: () => Promise<void>;
}

type Html = ReturnType<typeof html>;

const words = {
  en: {
    pay: 'Subscribe',
    month: 'per month',
    card: 'Card',
    good: '4242 4242 4242 4242: is taken',
    bad: '4000 0000 0000 0002: is declined',
    back: 'Back',
    declined: 'The card was declined. Nothing was charged.',
    over: 'This page is no longer open.',
    manage: 'Your subscription',
    none: 'There is no subscription.',
    cancel: 'Cancel at the end of the period',
    resume: 'Go on after all',
    change: 'Change to',
    renew: 'Next period',
    fail: 'Next period, with a declined card',
    retry: 'Pay what is open',
    giveUp: 'Give up collecting',
    refund: 'Refund',
    invoices: 'Invoices',
    test: 'Only here: what time and operators do',
    note: 'This stands in for Stripe. Nothing is charged.',
  },
  es: {
    pay: 'Suscribirse',
    month: 'al mes',
    card: 'Tarjeta',
    good: '4242 4242 4242 4242: se acepta',
    bad: '4000 0000 0000 0002: se rechaza',
    back: 'Volver',
    declined: 'La tarjeta ha sido rechazada. No se ha cobrado nada.',
    over: 'Esta página ya no está abierta.',
    manage: 'Tu suscripción',
    none: 'No hay ninguna suscripción.',
    cancel: 'Cancelar al final del periodo',
    resume: 'Continuar',
    change: 'Cambiar a',
    renew: 'Periodo siguiente',
    fail: 'Periodo siguiente, con tarjeta rechazada',
    retry: 'Pagar lo pendiente',
    giveUp: 'Dejar de cobrar',
    refund: 'Devolver',
    invoices: 'Facturas',
    test: 'Solo aquí: lo que hacen el tiempo y los operadores',
    note: 'Esto sustituye a Stripe. No se cobra nada.',
  },
} as const;

const wordsOf = (language: string) => (language === 'es' ? words.es : words.en);
const euros = (amount: number) => `${(amount / 100).toFixed(2)} €`;
const dayOf = (seconds: number) => new Date(seconds * 1_000).toISOString().slice(0, 10);

const page = (language: string, title: string, body: Html) => html`<!doctype html>
<html lang="${language === 'es' ? 'es' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;display:grid;place-items:center;min-height:100vh;background:light-dark(#f6f7fb,#14161c)}
main{width:min(26rem,calc(100vw - 2rem));padding:2rem;border-radius:1rem;background:light-dark(#fff,#1e2129);box-shadow:0 1px 12px #0002;margin:1rem 0}
h1{font-size:1.25rem;margin:0 0 .5rem}h2{font-size:1rem;margin:1.5rem 0 .5rem}p{margin:.25rem 0}.sum{font-size:2rem;font-weight:600}
form{margin:.75rem 0;display:grid;gap:.5rem}button{font:inherit;padding:.6rem 1rem;border:0;border-radius:.5rem;background:#4f46e5;color:#fff;cursor:pointer}
button.plain{background:light-dark(#e7e8f0,#2c303b);color:inherit}label{display:flex;gap:.5rem;align-items:center}.error{color:light-dark(#b42318,#ff8a80)}
small{opacity:.75}a{color:inherit}li{display:flex;justify-content:space-between;gap:1rem;align-items:center}ul{list-style:none;padding:0;display:grid;gap:.5rem}
</style></head><body><main>${body}<p><small>${wordsOf(language).note}</small></p></main></body></html>`;

export function createStripePages({ bank, settle }: StripePagesOptions) {
  const app = new Hono();

  app.get('/c/pay/:id', (c) => {
    const session = bank.session(c.req.param('id'));
    const said = wordsOf(session.language);
    const { name, amount } = bank.priceOf(session.price);
    const back = html`<p><a href="${session.cancelUrl}">${said.back}</a></p>`;
    if (session.status === 'expired')
      return c.html(page(session.language, said.pay, html`<h1>${name}</h1><p>${said.over}</p>${back}`));
    const declined =
      c.req.query('declined') === undefined ? '' : html`<p class="error" role="alert">${said.declined}</p>`;
    return c.html(
      page(
        session.language,
        said.pay,
        html`<h1>${name}</h1><p class="sum">${euros(amount)}</p><p>${said.month}</p>${declined}
<form method="post"><fieldset style="border:0;padding:0;display:grid;gap:.5rem"><legend>${said.card}</legend>
<label><input type="radio" name="card" value="good" checked> ${said.good}</label>
<label><input type="radio" name="card" value="bad"> ${said.bad}</label></fieldset><button>${said.pay}</button></form>${back}`,
      ),
    );
  });
  app.post('/c/pay/:id', async (c) => {
    const session = bank.session(c.req.param('id'));
    const form = new URLSearchParams(await c.req.text());
    if (!bank.complete(session, form.get('card') === 'bad'))
      return c.redirect(`/c/pay/${session.id}?declined`, 303);
    await settle();
    return c.redirect(session.successUrl.replace('{CHECKOUT_SESSION_ID}', session.id), 303);
  });

  const current = (customer: string): Subscription | undefined =>
    [...bank.subscriptions.values()].findLast(
      (each) => each.customer === customer && each.status !== 'canceled',
    );

  app.get('/p/session/:id', (c) => {
    const { customer, language, returnUrl } = bank.portal(c.req.param('id'));
    const said = wordsOf(language);
    const subscription = current(customer);
    const button = (act: string, text: string, extra = '') =>
      html`<form method="post"><input type="hidden" name="act" value="${act}"><input type="hidden" name="of" value="${extra}"><button class="plain">${text}</button></form>`;
    const body =
      subscription === undefined
        ? html`<p>${said.none}</p>`
        : html`<p class="sum">${bank.priceOf(subscription.price).name}</p><p>${subscription.status}, ${dayOf(subscription.periodEnd)}</p>
${subscription.cancelAtPeriodEnd ? button('resume', said.resume) : button('cancel', said.cancel)}
${bank.prices.filter(({ id }) => id !== subscription.price).map(({ id, name }) => button('change', `${said.change} ${name}`, id))}
<h2>${said.test}</h2>${button('renew', said.renew)}${button('fail', said.fail)}${button('retry', said.retry)}${button('give-up', said.giveUp)}`;
    const own = [...bank.invoices.values()].filter((each) => each.customer === customer).reverse();
    const rows = own.map(
      (each) =>
        html`<li><span>${each.number} · ${euros(totalOf(each))} · ${each.status}</span>${each.charge === null ? '' : button('refund', said.refund, each.id)}</li>`,
    );
    return c.html(
      page(
        language,
        said.manage,
        html`<h1>${said.manage}</h1>${body}<h2>${said.invoices}</h2><ul>${rows}</ul><p><a href="${returnUrl}">${said.back}</a></p>`,
      ),
    );
  });
  app.post('/p/session/:id', async (c) => {
    const portal = bank.portal(c.req.param('id'));
    const form = new URLSearchParams(await c.req.text());
    const subscription = current(portal.customer);
    const of = form.get('of') ?? '';
    const act = form.get('act');
    if (act === 'refund') bank.refund(of);
    else if (subscription !== undefined) {
      const { id, customer } = subscription;
      if (act === 'cancel' || act === 'resume') bank.endWithPeriod(id, act === 'cancel');
      else if (act === 'change') bank.changePrice(id, of, false);
      else if (act === 'renew' || act === 'fail') {
        bank.decline(customer, act === 'fail');
        bank.renew(id);
      } else if (act === 'retry') {
        bank.decline(customer, false);
        bank.retry(id);
      } else if (act === 'give-up') bank.giveUp(id, 'unpaid');
    }
    await settle();
    return c.redirect(`/p/session/${portal.id}`, 303);
  });

  app.get('/invoice/:id', (c) => {
    const invoice = bank.invoice(c.req.param('id'));
    return c.html(
      page(
        'en',
        invoice.number,
        html`<h1>${invoice.number}</h1><p class="sum">${euros(totalOf(invoice))}</p><p>${invoice.status}</p>`,
      ),
    );
  });
  return app;
}
