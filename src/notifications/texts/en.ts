import { capital } from './formats.ts';
import type { MailWords, Texts } from './words.ts';

const texts: Texts = {
  payment: {
    received: ({ amount, currency, plan }, { money }) => ({
      title: 'Payment received',
      message: `${money(amount, currency)} for the plan ${capital(plan)}. Thank you.`,
    }),
    failed: ({ amount, currency, retry_at }, { money, day }) => ({
      title: 'Payment failed',
      message:
        `${money(amount, currency)} could not be charged. Please check your means of payment.` +
        (retry_at === null ? '' : ` The next attempt is on ${day(retry_at)}.`),
    }),
    refunded: ({ amount, currency }, { money }) => ({
      title: 'Payment refunded',
      message: `${money(amount, currency)} are on their way back to you.`,
    }),
  },
  plan_change: {
    changed: ({ from, to }) => ({
      title: `Your plan is ${capital(to)} now`,
      message: `It was ${capital(from)} before.`,
    }),
    ending: ({ plan, until }, { moment }) => ({
      title: `Your plan ${capital(plan)} ends`,
      message: `You have it until ${moment(until)}.`,
    }),
    ended: ({ plan, now }) => ({
      title: `Your plan ${capital(plan)} has ended`,
      message: `Your plan is ${capital(now)} now.`,
    }),
    trial_started: ({ plan, until }, { moment }) => ({
      title: `Try ${capital(plan)}`,
      message: `You have everything of the plan ${capital(plan)} until ${moment(until)}, free of charge.`,
    }),
    granted: ({ plan, until }, { moment }) => ({
      title: `You were given the plan ${capital(plan)}`,
      message: until === null ? 'It has no end.' : `It lasts until ${moment(until)}.`,
    }),
  },
  voucher: {
    redeemed: ({ plan, days, until }, { moment }) => ({
      title: 'Voucher redeemed',
      message: `${capital(plan)} for ${days} ${days === 1 ? 'day' : 'days'}${until === null ? ', once your present plan ends' : `, until ${moment(until)}`}.`,
    }),
  },
  security: {
    new_place: ({ address, device, at }, { moment }) => ({
      title: 'Sign-in from a new place',
      message: `Somebody signed in to your account from ${address} on ${moment(at)}. If it was not you, change your Ajax password.`,
      details: `Program: ${device}`,
    }),
    sign_in_locked: ({ address, until }, { moment }) => ({
      title: 'Too many failed sign-ins',
      message: `Somebody at ${address} tried wrong passwords for your account and is locked out until ${moment(until)}.`,
    }),
  },
  operator: {
    operator_key_invalid: () => ({
      title: 'Ajax refuses the API key',
      message: 'Nobody can use this gateway until AJAX_API_KEYS holds a valid key.',
    }),
    upstream_throttled: () => ({
      title: 'Ajax throttles the API key',
      message: 'Ajax said that the limit is exceeded. Does another program use the same key?',
    }),
    upstream_stopped: ({ by, reason }) => ({
      title: 'All requests to Ajax are stopped',
      message: `Stopped by ${by}.${reason === null ? '' : ` Reason: ${reason}`}`,
    }),
    payment_problem: ({ problem, subject }) => ({
      title: 'A payment needs a look',
      message: `${problem}: ${subject}. docs/billing.md says what it means and what to do.`,
    }),
    jobs_failed: ({ job, count, reason }) => ({
      title: 'Background work has failed for good',
      message: `${job}: ${count === 1 ? 'one job' : `${count} jobs`} failed in every attempt. The last reason: ${reason}`,
    }),
    upstream_resumed: ({ by }) => ({ title: 'Requests to Ajax go again', message: `Resumed by ${by}.` }),
  },
  support: {
    received: ({ subject }) => ({
      title: 'We have your message',
      message: `Your message “${subject}” has arrived. We will answer by mail.`,
    }),
    received_from_stranger: () => ({
      title: 'We have your message',
      message:
        'A message with your e-mail address has arrived. We will answer by mail. If it is not yours, ignore this.',
    }),
    request: ({ subject, category, from, text }) => ({
      title: `Support: ${subject}`,
      message: `${from} wrote about ${category}.`,
      details: text,
    }),
  },
  webhook: {
    test: () => ({ title: 'Test', message: 'This is a test of your webhook.' }),
    disabled: ({ url }) => ({
      title: 'A webhook is switched off',
      message: `${url} failed for too long and gets nothing any more. Repair it, then switch it on again.`,
    }),
  },
  hub_event: {},
};

const mail: MailWords = {
  open: 'Open the dashboard',
  why: (name) => `You get this mail because you have an account at ${name}.`,
  unsubscribe: 'No more mails of this kind',
  confirm: { title: 'Unsubscribe', message: 'Do you want no more mails of this kind?' },
  unsubscribed: {
    title: 'Unsubscribed',
    message: 'You get no more mails of this kind. You can change that in the dashboard.',
  },
};

export const en = { texts, mail };
