import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditTrail, createAuditTrail, type End } from '../../../src/audit/index.ts';
import type { Database } from '../../../src/db/client.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { GatewayError } from '../../../src/kernel/errors.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { silentLog } from '../../../src/kernel/log.ts';

const actor = { accountId: newId(), sessionId: newId() };
const facts = {
  correlationId: newId(),
  clientAddress: '203.0.113.5',
  secure: true,
  arrivedAt: 0,
  userAgent: 'test',
};
const action = { action: 'hub.arm', method: 'POST', endpoint: '/x' };
const accepted = { outcome: 'accepted', statusCode: 202, latencyMs: 1 } as const;
const done = { outcome: 'done', statusCode: 200, latencyMs: 1 } as const;

let database: Database;
let moody: Database;
/** A new one for each test: one that has settled follows nothing. */
let trail: AuditTrail;
/** What becomes of the next attempts to reach the database. */
const attempts: ('fails' | 'commits too late')[] = [];

beforeAll(async () => {
  database = await openPglite();
  moody = {
    ...database,
    async run(work, timeoutMs) {
      const mood = attempts.shift();
      if (mood !== 'fails') {
        const result = await database.run(work, timeoutMs);
        if (mood === undefined) return result;
      }
      throw new GatewayError('database_unavailable');
    },
  };
});
beforeEach(() => {
  const impatient = { ...systemClock, after: (_ms: number, run: () => void) => systemClock.after(0, run) };
  trail = createAuditTrail(moody, impatient, silentLog);
});
afterAll(() => database.close());

const outcomes = async (intentId: number) => {
  const { rows } = (await database.sql.execute(
    `select outcome from audit_records where intent_id = ${intentId}`,
  )) as unknown as { rows: unknown[] };
  return rows;
};

describe('the outcome of a mutation that goes on after its answer', () => {
  it('is written once, when its end is known; until then it has none', async () => {
    const intent = await trail.intent(action, facts, actor);
    const end = Promise.withResolvers<End>();
    intent.goesOn(accepted, () => end.promise);
    expect(await outcomes(intent.id)).toEqual([]);
    end.resolve({ outcome: 'failed', statusCode: 202 });
    await expect.poll(() => outcomes(intent.id)).toEqual([{ outcome: 'failed' }]);
  });
});

describe('the row of a replayed command', () => {
  it('names the command that answered it, and keeps the rest of what was asked for', async () => {
    const payload = { command: 'ARM', command_id: 'own' };
    const intent = await trail.intent({ ...action, payload }, facts, actor);
    await intent.ended({ ...done, outcome: 'replayed', payload: { command_id: 'earlier' } });
    const [row] = await trail.list(actor.accountId, { limit: 1 });
    expect(row).toMatchObject({
      outcome: 'replayed',
      payload: { command: 'ARM', command_id: 'earlier' },
    });
  });
});

describe('the outcome of a mutation', () => {
  it('is written once, although a slow database said that it was not', async () => {
    const intent = await trail.intent(action, facts, actor);
    attempts.push('commits too late', 'fails', 'fails');
    await intent.ended(done);
    await trail.settle();
    expect(await outcomes(intent.id)).toEqual([{ outcome: 'done' }]);
  });

  it('is written when the database is back', async () => {
    const intent = await trail.intent(action, facts, actor);
    attempts.push('fails', 'fails', 'fails');
    await intent.ended(done);
    await trail.settle();
    expect(await outcomes(intent.id)).toEqual([{ outcome: 'done' }]);
  });

  it('is waited for at a shutdown, though its client has left', async () => {
    const intent = await trail.intent(action, facts, actor);
    let isSettled = false;
    const settled = trail.settle().then(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    await intent.ended(done);
    await settled;
    expect(await outcomes(intent.id)).toEqual([{ outcome: 'done' }]);
  });
});

describe('a shutdown', () => {
  it('waits for nothing that goes on: what is known is written', async () => {
    const intent = await trail.intent(action, facts, actor);
    intent.goesOn(accepted, () => new Promise(() => {}));
    await trail.settle();
    expect(await outcomes(intent.id)).toEqual([{ outcome: 'accepted' }]);
  });

  it('lets what is answered during it go on without being followed', async () => {
    const intent = await trail.intent(action, facts, actor);
    const settled = trail.settle();
    let looks = 0;
    intent.goesOn(accepted, async () => {
      looks += 1;
      return done;
    });
    await settled;
    expect(looks).toBe(0);
    expect(await outcomes(intent.id)).toEqual([{ outcome: 'accepted' }]);
  });
});
