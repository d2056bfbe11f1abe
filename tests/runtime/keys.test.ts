/** Two API keys in the real product: more than one key carries, never more than its own on each; and one revoked. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Arrival } from '../../simulator/simulator.ts';
import { type Product, type Runtime, startProduct } from '../support/product.ts';

const KEYS = ['first-key-of-the-operator', 'second-key-of-the-operator'];
const LIMIT = 20;
const WINDOW_MS = 3_000;
const READS = 50;

describe.each<Runtime>(['node', 'deno'])('two API keys on %s', { timeout: 120_000 }, (runtime) => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      runtime,
      simulator: {
        ...{ apiKeys: KEYS, living: false, extraAccounts: 4, latencyMs: [0, 40] },
        budget: { limit: LIMIT, windowMs: WINDOW_MS },
      },
      env: {
        AJAX_API_KEYS: KEYS.join(','),
        AJAX_BUDGET_REQUESTS: String(LIMIT),
        AJAX_BUDGET_WINDOW_MS: String(WINDOW_MS),
        METRICS_TOKEN: 'a token for the metrics of this test',
      },
    });
  }, 120_000);
  afterAll(() => product.close());

  let clients: Awaited<ReturnType<typeof signIn>>[] = [];

  const accounts = () => product.simulator.accounts.slice(-4);

  async function signIn(index: number) {
    const { login: username, password, userId, hubIds } = accounts()[index] ?? {};
    const ask = () =>
      fetch(`${product.url}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
    let response = await ask();
    // One address has one sign-in per key and window here.
    while (response.status === 429) {
      await setTimeout(Number(response.headers.get('retry-after')) * 1_000);
      response = await ask();
    }
    const { access_token } = (await response.json()) as { access_token?: string };
    let page = 0;
    /** Pages of the log are never cached. */
    const read = () =>
      fetch(`${product.url}/api/v1/ajax/user/${userId}/hubs/${hubIds?.[0]}/logs?page=${(page++ % 50) + 1}`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
    return { status: response.status, read };
  }

  const keyOf = (index: number) =>
    product.simulator.journal.arrivals({ account: accounts()[index]?.login ?? '' }).at(-1)?.apiKey;

  /** The most arrivals on all keys in any window. */
  function largestWindow(arrivals: readonly Arrival[]): number {
    return Math.max(
      ...arrivals.map(
        ({ at }) => arrivals.filter((other) => other.at >= at && other.at < at + WINDOW_MS).length,
      ),
    );
  }

  it('carry more than one key could, and each no more than its own', async () => {
    clients = [await signIn(0), await signIn(1), await signIn(2), await signIn(3)];
    expect(clients.map(({ status }) => status)).toEqual(Array(4).fill(200));
    const answers = await Promise.all(
      clients.flatMap(({ read }) => Array.from({ length: READS / 2 }, () => read())),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    const { journal } = product.simulator;
    for (const key of KEYS) {
      expect(journal.count({ apiKey: key, path: '/logs' })).toBe(READS);
      expect(journal.largestWindow(WINDOW_MS, key)).toBeLessThanOrEqual(LIMIT);
    }
    expect(journal.arrivals({ status: 429 })).toEqual([]);
    expect(largestWindow(journal.arrivals())).toBeGreaterThan(1.5 * LIMIT);
  });

  it('are not both lost with one: its accounts are told 503, and served by the other once they sign in again', async () => {
    const [revoked = '', other = ''] = KEYS;
    const onIt = [0, 1, 2, 3].filter((index) => keyOf(index) === revoked);
    const onOther = [0, 1, 2, 3].filter((index) => keyOf(index) === other);
    expect([onIt.length, onOther.length]).toEqual([2, 2]);
    const [, second = 0] = onIt;
    product.simulator.control.setKeyRevoked(revoked, true);
    const codes: unknown[] = [];
    for (const index of [...onIt, ...onOther]) {
      const response = await clients[index]?.read();
      if (response === undefined) throw new Error(`Nobody has signed in as ${index}`);
      codes.push(response.status === 200 ? 200 : ((await response.json()) as { code: string }).code);
    }
    // A key that was accepted a moment ago is not blamed for one account, but for two.
    expect(codes).toEqual(['upstream_login_required', 'operator_key_invalid', 200, 200]);
    const again = await signIn(second);
    expect([again.status, (await again.read()).status]).toEqual([200, 200]);
    expect(keyOf(second)).toBe(other);

    const metrics = await fetch(`${product.url}/metrics`, {
      headers: { authorization: 'Bearer a token for the metrics of this test' },
    });
    expect(await metrics.text()).toMatch(/^ajaxsecurflow_key_failing\{key="1"\} 1$/m);
    expect(product.output()).toContain('Ajax refuses API key 1');
    for (const key of KEYS) expect(product.output()).not.toContain(key);
  });
});
