/** A gateway that knows several coordinators finds the one that works, and repeats only what is safe (P5, P6, P11). */
import { describe, expect, test } from 'vitest';
import { type CoordinatorFetch, createCoordinatorClient } from '../../../coordinator/contract/client.ts';
import { coordinatorHeaders } from '../../../coordinator/contract/headers.ts';
import { failOver } from '../../../coordinator/failover.ts';
import { createForward } from '../../../coordinator/lease/forward.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import type { CoordinatorStorage } from '../../../coordinator/storage/port.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createTestClock,
  createWorld,
  get,
  put,
  SECRET,
  send,
  type World,
} from './world.ts';

const A = 'http://a.test:8001';
const B = 'http://b.test:8001';
const ARMING = ['hubs', '1', 'commands', 'arming'];

/** Two coordinators on one storage, each behind a line that can be cut, and a gateway that knows both. */
async function createInstallation(
  options: { storage?: (own: CoordinatorStorage) => CoordinatorStorage } = {},
) {
  const clock = createTestClock();
  const storage = createMemoryStorage(clock);
  const ajax = createFakeAjax(clock);
  const hosts = new Map<string, World>();
  /** Lines that fail: before anything was written, or after it arrived. */
  const lines = new Map<string, 'refuses' | 'breaks'>();
  const asked: string[] = [];
  const to =
    (url: string): CoordinatorFetch =>
    async (request) => {
      asked.push(url);
      const world = hosts.get(url);
      if (world === undefined || lines.get(url) === 'refuses') {
        throw Object.assign(new Error('refused'), { code: 'ERR_NOT_WRITTEN' });
      }
      const { pathname, search } = new URL(request.url);
      const response = world.host.fetch(new Request(new URL(`${pathname}${search}`, url), request));
      if (lines.get(url) !== 'breaks') return response;
      response.catch(() => {});
      throw new Error('reset');
    };
  const forward = createForward({
    random: () => 0,
    fetch: (request) => to(new URL(request.url).origin)(request),
  });
  for (const url of [A, B]) {
    hosts.set(
      url,
      await createWorld({
        ...{ clock, url, ajax, forward, isAlone: false },
        storage: options.storage?.(storage) ?? storage,
      }),
    );
  }
  const fetch = failOver({ coordinators: [to(A), to(B)], clock });
  const world = (url: string) => {
    const found = hosts.get(url);
    if (found === undefined) throw new Error(`No coordinator at ${url}`);
    return found;
  };
  return {
    ...{ clock, ajax, hosts, lines, asked, world },
    gateway: { client: createCoordinatorClient({ fetch, secret: SECRET }) },
  };
}

describe('the active coordinator', () => {
  test('is found when the first address refuses, and asked first from then on', async () => {
    const { gateway, lines, asked, world, clock } = await createInstallation();
    lines.set(A, 'refuses');
    await world(A).host.close();
    await clock.advance(500);
    await gateway.client.login(CREDENTIALS, context());
    expect(asked).toEqual([A, B]);
    await get(gateway, ['hubs']);
    expect(asked).toEqual([A, B, B]);
  });

  test('is reached through a standby', async () => {
    const { gateway, asked, hosts, world, clock } = await createInstallation();
    const active = world(A);
    hosts.delete(A);
    const login = gateway.client.login(CREDENTIALS, context());
    await clock.advance(300);
    // The standby cannot pass it on either, and says that somebody may soon.
    hosts.set(A, active);
    await clock.advance(300);
    await login;
    expect(asked.slice(0, 3)).toEqual([A, B, A]);
    // Later it was either the standby that passed it on, or the first itself.
    expect(asked.at(-1)).toBe(A);
  });
});

describe('what is begun while one takes over', () => {
  test('is served once the other has: reads, sign-ins and commands, each once (rolling restart)', async () => {
    const { gateway, world, clock, ajax } = await createInstallation();
    await gateway.client.login(CREDENTIALS, context());
    await world(A).host.close();
    const read = get(gateway, ['hubs']);
    const command = put(gateway, ARMING);
    const login = gateway.client.login({ ...CREDENTIALS, login: 'other@example.com' }, context());
    await clock.advance(2_000);
    expect([(await read).status, (await command).status, (await login).account]).toEqual([200, 200, ACCOUNT]);
    expect(ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('is served within 5 s of the loss of an owner that was killed', async () => {
    let isDead = false;
    let created = 0;
    const { gateway, hosts, clock, ajax } = await createInstallation({
      storage: (own) => {
        if (++created > 1) return own;
        return new Proxy(own, {
          get: (target, name: keyof CoordinatorStorage) =>
            isDead ? () => new Promise(() => {}) : target[name],
        });
      },
    });
    await gateway.client.login(CREDENTIALS, context());
    isDead = true;
    hosts.delete(A);
    const read = get(gateway, ['hubs']);
    const command = put(gateway, ARMING);
    await clock.advance(5_000);
    expect([(await read).status, (await command).status]).toEqual([200, 200]);
    expect(ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('counts the time against its deadline (P5)', async () => {
    const { gateway, lines, clock } = await createInstallation();
    const held: number[] = [];
    const fetch = failOver({
      clock,
      coordinators: [
        async (request) => {
          held.push(Number(request.headers.get(coordinatorHeaders.heldMs)));
          throw Object.assign(new Error('refused'), { code: 'ERR_NOT_WRITTEN' });
        },
      ],
    });
    lines.set(A, 'refuses');
    const client = createCoordinatorClient({ fetch, secret: SECRET });
    const answer = codeOf(client.budget(ACCOUNT, { ...context(), heldMs: 1_000 }));
    await clock.advance(2_000);
    expect(await answer).toBe('coordinator_unavailable');
    expect(held[0]).toBe(1_000);
    expect(held.at(-1)).toBeGreaterThan(2_000);
    expect(held.at(-1)).toBeLessThanOrEqual(2_500);
    expect(gateway).toBeDefined();
  });
});

describe('a request that may have arrived', () => {
  test('is sent again when it only reads', async () => {
    const { gateway, lines, clock } = await createInstallation();
    await gateway.client.login(CREDENTIALS, context());
    lines.set(A, 'breaks');
    const read = get(gateway, ['hubs']);
    await clock.advance(100);
    lines.delete(A);
    await clock.advance(3_000);
    expect((await read).status).toBe(200);
  });

  test('is not sent again when it is a command: its outcome is unknown (P6)', async () => {
    const { gateway, lines, ajax, clock } = await createInstallation();
    await gateway.client.login(CREDENTIALS, context());
    lines.set(A, 'breaks');
    const command = codeOf(put(gateway, ARMING));
    await clock.advance(3_000);
    expect(await command).toBe('command_outcome_unknown');
    expect(ajax.arrivals.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });

  test('is not sent again when it is a sign-in', async () => {
    const { gateway, lines, ajax, clock } = await createInstallation();
    lines.set(A, 'breaks');
    const login = codeOf(gateway.client.login(CREDENTIALS, context()));
    await clock.advance(3_000);
    expect(await login).toBe('coordinator_unavailable');
    expect(ajax.arrivals).toHaveLength(1);
  });
});

describe('a command that waits while its coordinator stops', () => {
  const isPut = ({ method }: { method: string }) => method === 'PUT';

  async function createWaiting(respondAsync: boolean) {
    const installation = await createInstallation();
    const { gateway, ajax, clock } = installation;
    await gateway.client.login(CREDENTIALS, context());
    // The turn of its target is another command's, which has no answer yet.
    const release = ajax.hold();
    const first = put(gateway, ARMING, { command: 'DISARM' });
    await clock.settle();
    const second = send(gateway, ARMING, { command: 'ARM' }, { respondAsync });
    await clock.settle();
    expect(ajax.arrivals.filter(isPut)).toHaveLength(1);
    return { ...installation, release, first, second };
  }

  test('goes to the next owner with its caller, and is sent once', async () => {
    const { world, clock, ajax, release, first, second, gateway } = await createWaiting(false);
    const closing = world(A).host.close();
    await clock.settle();
    release();
    await clock.advance(2_000);
    await closing;
    expect((await first).status).toBe(200);
    const answer = await second;
    expect(answer).toMatchObject({ kind: 'answered', answer: { status: 200 } });
    expect(ajax.arrivals.filter(isPut)).toHaveLength(2);
    const [receipt] = await gateway.client.receipts(ACCOUNT, 1, context());
    expect(receipt).toMatchObject({ outcome: 'done' });
  });

  test('without a caller is not executed, and its receipt says so', async () => {
    const { world, clock, ajax, release, first, second, gateway } = await createWaiting(true);
    const answer = await second;
    const closing = world(A).host.close();
    await clock.settle();
    release();
    await clock.advance(2_000);
    await closing;
    await first;
    expect(answer.kind).toBe('accepted');
    const id = answer.kind === 'accepted' ? answer.receipt.id : '';
    expect(await gateway.client.receipt(ACCOUNT, id, context())).toMatchObject({ outcome: 'not_executed' });
    await clock.advance(30_000);
    expect(ajax.arrivals.filter(isPut)).toHaveLength(1);
  });
});

describe('without any coordinator', () => {
  test('the caller is told so within 2 s (P11)', async () => {
    const { gateway, lines, clock } = await createInstallation();
    lines.set(A, 'refuses').set(B, 'refuses');
    const read = codeOf(get(gateway, ['hubs']));
    const command = codeOf(put(gateway, ARMING));
    await clock.advance(2_000);
    expect([await read, await command]).toEqual(['coordinator_unavailable', 'coordinator_unavailable']);
  });

  test('a caller that leaves is not waited for', async () => {
    const { gateway, lines, asked, clock } = await createInstallation();
    lines.set(A, 'refuses').set(B, 'refuses');
    const leaving = new AbortController();
    const read = codeOf(get(gateway, ['hubs'], { signal: leaving.signal }));
    await clock.advance(400);
    leaving.abort();
    await clock.settle();
    const before = asked.length;
    await clock.advance(5_000);
    expect(asked.length).toBeLessThanOrEqual(before + 1);
    expect(await read).not.toBe('none');
  });

  test('standbys whose storage cannot be asked say that, at once (P11)', async () => {
    let isCut = false;
    const { gateway, hosts, clock } = await createInstallation({
      storage: (own) =>
        new Proxy(own, {
          get: (target, name: keyof CoordinatorStorage) =>
            isCut ? () => Promise.reject(new Error('cut off')) : target[name],
        }),
    });
    await gateway.client.login(CREDENTIALS, context());
    isCut = true;
    hosts.delete(A);
    await clock.advance(1_000);
    const read = codeOf(get(gateway, ['hubs']));
    await clock.advance(2_000);
    expect(await read).toBe('storage_unavailable');
  });
});

describe('a command that is under way while its coordinator stops', () => {
  test('ends in the journal as its caller is told', async () => {
    const { gateway, ajax, world, clock } = await createInstallation();
    await gateway.client.login(CREDENTIALS, context());
    const release = ajax.hold();
    const command = put(gateway, ARMING, { command: 'ARM' });
    await clock.settle();
    const closing = world(A).host.close();
    await clock.advance(1_000);
    release();
    await clock.advance(2_000);
    await closing;
    expect((await command).status).toBe(200);
    const [receipt] = await gateway.client.receipts(ACCOUNT, 1, context());
    expect(receipt).toMatchObject({ outcome: 'done', status: 200 });
  });
});
