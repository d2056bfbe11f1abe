/** Whatever happens at Stripe and comes from there in whatever way: an account has what the model says (promise P12). */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { effort, inLanes, LANES, seed } from './effort.ts';
import { newAccount } from './model/account.ts';
import { anyLife, promptLife, type Real, settle } from './model/commands.ts';
import { type ManyPayments, startManyPayments } from './rig.ts';

let many: ManyPayments;
beforeAll(async () => {
  many = await startManyPayments();
});
afterAll(() => many.close());

async function newReal(shape: 'current' | 'old', isPrompt: boolean): Promise<Real> {
  const payments = many.create();
  payments.stripe.writeAs(shape);
  const { accountId, customer } = await payments.newCustomer();
  return {
    ...{ payments, accountId, customer, startMs: payments.now(), ids: [], pending: [], seen: [], isPrompt },
  };
}

/** @param runs in all lanes together. What fails is shrunk, and printed with its seed and path. */
async function live(
  lives: typeof anyLife,
  shape: 'current' | 'old',
  { runs, isPrompt }: { runs: number; isPrompt: boolean },
): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) => seed * 100 + lane);
  await inLanes(lanes, (own) =>
    fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 1, max: 1_000 }), async (commands, last) => {
        const [account, real] = [newAccount(), await newReal(shape, isPrompt)];
        await fc.asyncModelRun(() => ({ model: account, real }), commands);
        await settle(account, real, { seed: last, twice: true, atOnce: false });
      }),
      { numRuns: Math.ceil((runs * effort) / LANES), seed: own, endOnFailure: false },
    ),
  );
}

describe.each(['current', 'old'] as const)('in the shape of %s versions', (shape) => {
  it('any life, with events that come late, again and in any order', { timeout: 300_000 * effort }, () =>
    live(anyLife, shape, { runs: 60, isPrompt: false }),
  );

  it('any life with vouchers, looked at after everything that happens', { timeout: 300_000 * effort }, () =>
    live(promptLife, shape, { runs: 48, isPrompt: true }),
  );
});
