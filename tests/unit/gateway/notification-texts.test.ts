import { describe, expect, it } from 'vitest';
import { catalogue, definitionOf, type Kind, kinds } from '../../../src/notifications/catalogue.ts';
import { textOf } from '../../../src/notifications/texts/index.ts';
import { languages } from '../../../src/notifications/texts/words.ts';

const examples: Record<string, Record<string, Record<string, unknown>>> = {
  payment: {
    received: { amount: 999, currency: 'eur', plan: 'pro' },
    failed: { amount: 5, currency: 'JPY', retry_at: null },
    refunded: { amount: 1, currency: 'USD' },
  },
  plan_change: {
    changed: { from: 'basic', to: 'pro' },
    ending: { plan: 'pro', until: '2028-02-29T23:59:59.000Z' },
    ended: { plan: 'pro', now: 'free' },
    trial_started: { plan: 'premium', until: '2026-01-01T00:00:00.000Z' },
    granted: { plan: 'premium', until: null },
  },
  voucher: { redeemed: { plan: 'basic', days: 1, until: '2026-01-31T00:00:00.000Z' } },
  security: {
    new_place: { address: '203.0.113.5', device: '<b>', at: '2026-01-01T00:00:00.000Z' },
    sign_in_locked: { address: '2001:db8::1', until: '2026-01-01T00:00:00.000Z' },
  },
  operator: {
    operator_key_invalid: {},
    upstream_throttled: {},
    upstream_stopped: { by: 'a@b.example', reason: 'Drill' },
    upstream_resumed: { by: 'a@b.example' },
    payment_problem: { problem: 'price_unknown', subject: 'sub_1' },
    jobs_failed: { job: 'mail.send', count: 2, reason: 'No room' },
  },
  support: {
    received: { subject: 'Help' },
    received_from_stranger: {},
    request: { subject: 'Help', category: 'billing', from: 'a@b.example', text: 'Please' },
  },
  webhook: { test: {}, disabled: { url: 'https://example.com' } },
  hub_event: {},
};
const every = kinds.flatMap((kind) =>
  Object.keys(catalogue[kind]).map((name) => [kind, name] as [Kind, string]),
);

describe('every message', () => {
  it.each(every)('%s.%s has words in every language, and a value for each of them', (kind, name) => {
    const params = examples[kind]?.[name];
    expect(definitionOf(kind, name)?.params.parse(params)).toEqual(params);
    const texts = languages.map((language) => textOf(language, kind, name, params));
    for (const { title, message } of texts) {
      expect(title).not.toBe('');
      expect(message).not.toBe('');
      expect(`${title} ${message}`).not.toMatch(/undefined|NaN|null|Invalid|\[object/);
    }
    expect(new Set(texts.map(({ message }) => message)).size).toBe(languages.length);
  });
});

it('an amount is written with the decimals of its currency', () => {
  const message = (amount: number, currency: string) =>
    textOf('en', 'payment', 'refunded', { amount, currency }).message;
  expect(message(999, 'eur')).toContain('€9.99');
  expect(message(999, 'JPY')).toContain('999');
  expect(message(999, 'JPY')).not.toContain('.99');
  expect(message(1_234, 'KWD')).toMatch(/1\.234/);
});

it('a message nobody knows is named by its kind, whatever its name', () => {
  for (const name of ['unknown', 'constructor', '__proto__', 'toString'])
    expect(textOf('en', 'payment', name, {})).toEqual({ title: 'payment', message: '' });
});
