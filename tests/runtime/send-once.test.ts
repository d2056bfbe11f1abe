/** The sender writes each request at most once and tells the truth about it, on every runtime (promises P6, P13). */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./send-once-cases.ts', import.meta.url));
const runtimes = {
  node: [process.execPath, [script]],
  deno: ['deno', ['run', '-A', script]],
} as const;

const seenOnce = (...ends: string[]) => ({ ends, seen: ends.length, silent: false });
const seenNever = (end: string) => ({ ends: [end], seen: 0, silent: true });

describe.each(Object.entries(runtimes))('on %s', (_name, [command, args]) => {
  let results: Record<string, unknown>;
  beforeAll(async () => {
    // It also ends by itself: nothing of a closed sender keeps the process alive.
    const { stdout } = await promisify(execFile)(command, [...args], { timeout: 50_000 });
    results = JSON.parse(stdout);
  });

  describe.each(['GET', 'PUT', 'POST'])('%s', (method) => {
    it.each([
      ['read, then closed', seenOnce('unanswered: connection')],
      [
        'read, then closed, on a connection that served before',
        seenOnce('answered 200 {}', 'unanswered: connection'),
      ],
      ['redirected', seenOnce('answered 302')],
      ['misdirected', seenOnce('answered 421')],
      ['never answered', seenOnce('unanswered: timeout')],
      ['aborted once it was read', seenOnce('unanswered: aborted')],
    ])('%s: written once', (name, expected) => {
      expect(results[`${method}: ${name}`]).toEqual(expected);
    });

    it.each([
      ['refused before writing', seenNever('unwritten: refused')],
      ['aborted before', seenNever('unwritten: aborted')],
      ['nobody listens', seenNever('unwritten: connection')],
    ])('%s: not a byte is written', (name, expected) => {
      expect(results[`${method}: ${name}`]).toEqual(expected);
    });

    it('a refusal leaves the sender usable', () => {
      expect(results[`${method}: refused, then allowed`]).toEqual({
        ends: ['unwritten: refused', 'answered 200 {}'],
        seen: 1,
        silent: false,
      });
    });

    it('tells the truth when its peer closes an idle connection just then', () => {
      expect(results[`${method}: lies when an idle connection closes`]).toEqual([]);
    });
  });

  it.each([
    ['interim answer', seenOnce('answered 200 {}')],
    // It breaks the rules of HTTP (RFC 9110 section 8.6): no answer to rely on.
    ['a 204 with a body, twice', seenOnce('unanswered: connection', 'unanswered: connection')],
    ['body shorter than announced', seenOnce('unanswered: timeout')],
    ['body that breaks off', seenOnce('unanswered: connection')],
    ['too large', seenOnce('unanswered: too_large')],
    ['not HTTP', seenOnce('unanswered: connection')],
  ])('%s', (name, expected) => {
    expect(results[name]).toEqual(expected);
  });
});
