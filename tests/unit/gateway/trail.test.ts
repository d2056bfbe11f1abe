import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditTrail, createAuditTrail } from '../../../src/audit/index.ts';
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
const done = { outcome: 'done', statusCode: 200, latencyMs: 1 } as const;

let database: Database;
let trail: AuditTrail;
/** What becomes of the next attempts to reach the database. */
const attempts: ('fails' | 'commits too late')[] = [];

beforeAll(async () => {
  database = await openPglite();
  const moody: Database = {
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
