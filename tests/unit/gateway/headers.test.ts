import { describe, expect, it } from 'vitest';
import { parseIdempotencyKey } from '../../../src/kernel/idempotency-key.ts';
import { prefersAsync } from '../../../src/kernel/prefer.ts';

describe('Idempotency-Key', () => {
  it.each([
    [undefined, undefined],
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    [' "a" ', 'a'],
    ['"a,b;c"', 'a,b;c'],
    [String.raw`"say \"x\" \\"`.replaceAll(' ', '-'), String.raw`say-"x"-\ `.trim()],
    ['"a", a', 'a'],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
    ["!#$%&'*+-.^_`|~:/", "!#$%&'*+-.^_`|~:/"],
  ])('%j is the key %j', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each([
    '',
    '""',
    ' ',
    '"a',
    'a"',
    '"a"b',
    '"a" b',
    'a b',
    '"a\\b"',
    '"\u00e9"',
    '\u00e9',
    '"a\u007f"',
    '"a";p=1',
    '"a", "b"',
    'a, b',
    ',',
    `"${'k'.repeat(256)}"`,
    'k'.repeat(60_000),
    `${'"a",'.repeat(10_000)}"b"`,
    '\\"'.repeat(20_000),
  ])('%j is refused, naming the header', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('Idempotency-Key'),
        extras: expect.objectContaining({
          errors: [expect.objectContaining({ loc: ['header', 'idempotency-key'] })],
        }),
      }),
    );
  });
});

describe('Prefer', () => {
  it.each([
    'respond-async',
    'Respond-Async',
    ' respond-async ; x=1',
    'wait=10, respond-async',
    'return=minimal,respond-async,wait=1',
    'foo="a, b", respond-async',
    'respond-async=""',
  ])('%j asks for an asynchronous answer', (header) => {
    expect(prefersAsync(header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'wait=10',
    'respond-asynchronously',
    'respond-async=no',
    'x=respond-async',
    'foo="a, respond-async"',
    String.raw`foo="a\", respond-async"`,
    'x; respond-async',
    '"'.repeat(30_000),
    ','.repeat(30_000),
    '\u0000\u00ff',
  ])('%j does not', (header) => {
    expect(prefersAsync(header)).toBe(false);
  });
});
