import { describe, expect, it } from 'vitest';
import { type AuditTrail, type End, type Forwarding, forward } from '../../../src/audit/index.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';

/** A trail whose commit the test decides, and the order in which things happened. */
function createStage() {
  const happened: string[] = [];
  const commit = Promise.withResolvers<void>();
  const trail: AuditTrail = {
    async intent() {
      happened.push('intent begun');
      await commit.promise;
      happened.push('intent committed');
      return {
        id: 1,
        async ended({ outcome }) {
          happened.push(`outcome ${outcome}`);
        },
        goesOn({ outcome }) {
          happened.push(`goes on ${outcome}`);
        },
      };
    },
    event: async () => {},
    list: async () => [],
    settle: async () => {},
  };
  const run = (send: () => Promise<string>, more: Partial<Forwarding<string>> = {}) =>
    forward({
      trail,
      clock: systemClock,
      action: { action: 'hub.arm', method: 'POST', endpoint: '/x' },
      facts: {
        correlationId: 'c-1',
        clientAddress: '203.0.113.5',
        secure: true,
        userAgent: 't',
        arrivedAt: 0,
      },
      actor: { accountId: 'a', sessionId: 's' },
      send: () => {
        happened.push('sent');
        return send();
      },
      endOf: () => ({ outcome: 'done', statusCode: 200 }),
      ...more,
    });
  return { happened, commit, run };
}

describe('a mutation (promise P10)', () => {
  it('is not sent before its intent is committed, and its outcome comes last', async () => {
    const { happened, commit, run } = createStage();
    const forwarded = run(async () => 'answer');
    await new Promise((resume) => setImmediate(resume));
    expect(happened).toEqual(['intent begun']);
    commit.resolve();
    expect(await forwarded).toBe('answer');
    expect(happened).toEqual(['intent begun', 'intent committed', 'sent', 'outcome done']);
  });

  it('is never sent when its intent cannot be committed', async () => {
    const { happened, commit, run } = createStage();
    const forwarded = run(async () => 'answer');
    commit.reject(new GatewayError('database_unavailable'));
    await expect(forwarded).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(happened).toEqual(['intent begun']);
  });

  it.each([
    ['accepted', true, 'goes on accepted'],
    ['in_progress', true, 'goes on in_progress'],
    ['in_progress', false, 'outcome in_progress'],
    ['done', true, 'outcome done'],
    ['replayed', true, 'outcome replayed'],
  ] as const)('answered %s, with a receipt: %s, leads to: %s', async (outcome, hasReceipt, expected) => {
    const { happened, commit, run } = createStage();
    commit.resolve();
    const end: End = { outcome, statusCode: 202 };
    const lookUp = async (): Promise<End> => ({ outcome: 'done', statusCode: 202 });
    expect(await run(async () => 'answer', { endOf: () => end, ...(hasReceipt && { lookUp }) })).toBe(
      'answer',
    );
    expect(happened.at(-1)).toBe(expected);
    expect(happened.filter((what) => /^(outcome|goes)/.test(what))).toHaveLength(1);
  });

  it.each([
    ['command_outcome_unknown', 'unknown'],
    ['command_not_executed', 'not_executed'],
    ['idempotency_key_in_use', 'not_executed'],
    ['idempotency_key_reused', 'not_executed'],
    ['arming_refused', 'failed'],
  ] as const)('that ends with %s is recorded as %s', async (code, outcome) => {
    const { happened, commit, run } = createStage();
    commit.resolve();
    const failed = run(() => Promise.reject(new GatewayError(code)));
    await expect(failed).rejects.toMatchObject({ code });
    expect(happened.at(-1)).toBe(`outcome ${outcome}`);
  });
});
