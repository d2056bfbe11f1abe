/** What must not be given up for speed, checked while the servers are measured. All throw when it was. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { type Account, type SignedIn, signIn, statusOf } from './client.ts';
import { USER_AGENT } from './load.ts';
import type { Server } from './processes.ts';

const LONGEST_MS = 1_000;

/** Milliseconds from the commit of a revocation to the sending of the last request that was served all the same. */
export async function revocation(server: Server, account: Account, sql: Sql): Promise<number> {
  const session = await signIn(server, account);
  assert.equal(await statusOf(server, session), 200);
  await sql`update sessions set revoked_at = now() where id = ${session.sessionId}`;
  const committedAt = performance.now();
  let lastServed = 0;
  for (;;) {
    const afterMs = performance.now() - committedAt;
    const status = await statusOf(server, session);
    assert.ok(status === 200 || status === 401, `A revoked session was answered ${status}`);
    if (status === 200) lastServed = afterMs;
    assert.ok(lastServed <= LONGEST_MS, `A revoked session was served after ${lastServed.toFixed(0)} ms`);
    if (afterMs > LONGEST_MS && status === 401) return lastServed;
    await sleep(5);
  }
}

/** Uses a token until it expires; resolves to the requests that were answered before. */
export async function expiry(server: Server, session: SignedIn): Promise<number> {
  let served = 0;
  for (;;) {
    const sentAt = Date.now();
    const status = await statusOf(server, session);
    if (sentAt >= session.expiresAt) {
      assert.equal(status, 401, `An expired token was answered ${status}`);
      return served;
    }
    if (status === 200) served++;
    else assert.ok(Date.now() >= session.expiresAt, `A token that has not expired was answered ${status}`);
    const leftMs = session.expiresAt - Date.now();
    await sleep(Math.max(1, Math.min(1_000, leftMs)));
  }
}

/** Sends mutations; resolves to their number, which is that of the audit's records and of the upstream's arrivals. */
export async function audit(
  server: Server,
  account: Account,
  sql: Sql,
  hubId: string,
  mutationsAtUpstream: () => Promise<number>,
): Promise<number> {
  const MUTATIONS = 40;
  const records = async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from audit_records where kind = 'intent'`;
    return row?.count ?? 0;
  };
  const session = await signIn(server, account);
  const [recordsBefore, arrivedBefore] = [await records(), await mutationsAtUpstream()];
  for (let n = 0; n < MUTATIONS; n++) {
    const response = await fetch(`${server.origin}/api/v1/ajax/hubs/${hubId}/arm-state`, {
      method: 'POST',
      headers: {
        'user-agent': USER_AGENT,
        'content-type': 'application/json',
        authorization: session.authorization,
      },
      body: JSON.stringify({ armState: n % 2 }),
    });
    assert.equal(response.status, 200, await response.text());
  }
  assert.equal((await records()) - recordsBefore, MUTATIONS, 'Audit records of mutations');
  assert.equal((await mutationsAtUpstream()) - arrivedBefore, MUTATIONS, 'Mutations at the upstream');
  return MUTATIONS;
}
