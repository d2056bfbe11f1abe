/** A key that Ajax refuses: taken out, said so, tried again, and nobody's password to blame. */
import { describe, expect, test } from 'vitest';
import { createStanding } from '../../../coordinator/keys/standing.ts';
import { createKeyedWorld, idOf, KEYS, type KeyedWorld, type Name } from './keyed-ajax.ts';
import { codeOf, context, createTestClock, send } from './world.ts';

const REFUSED = 'operator_key_invalid';
const budget = { requests: 20, windowMs: 60_000, reserve: 2 };
const arm = (world: KeyedWorld, name: Name, more: Parameters<typeof send>[3] = {}) =>
  send(world, ['hubs', '1', 'commands', 'arming'], { command: 'ARM' }, { account: idOf(name), ...more });

/** Ann and cid on key 1, ben on key 2, and key 1 is revoked after all have slept for long enough to need a refresh. */
async function revokedWorld(options: Parameters<typeof createKeyedWorld>[0] = {}) {
  const world = await createKeyedWorld(options);
  for (const name of ['ann', 'ben', 'cid'] as const) {
    await world.signIn(name);
    await world.clock.advance(61_000);
  }
  await world.clock.advance(15 * 60_000);
  world.ajax.revoke(1);
  return world;
}

/** ... and found to be. */
async function failingWorld(options: Parameters<typeof createKeyedWorld>[0] = {}) {
  const world = await revokedWorld(options);
  expect(await world.readCode('ann')).toBe(REFUSED);
  return world;
}

describe('a key that Ajax refuses', () => {
  test('answers its accounts 503 at once and spends nothing on them; others go on', async () => {
    const world = await failingWorld();
    const spent = world.ajax.on(1).length;
    expect(await world.readCode('ann')).toBe(REFUSED);
    expect(await world.readCode('cid')).toBe(REFUSED);
    expect(await codeOf(arm(world, 'cid'))).toBe(REFUSED);
    expect(world.ajax.on(1)).toHaveLength(spent);
    expect(await world.placeOf('ben')).toBe(2);
  });

  test('ends no session: when it is restored, all goes on by itself within a minute', async () => {
    const world = await failingWorld();
    world.ajax.restore(1);
    expect(await world.readCode('cid')).toBe(REFUSED);
    await world.clock.advance(60_000);
    expect(await world.placeOf('cid')).toBe(1);
    expect(await world.placeOf('ann')).toBe(1);
    expect((await world.status()).keys.map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  test('is tried once a minute while it stays refused', async () => {
    const world = await failingWorld();
    const spent = world.ajax.on(1).length;
    for (let n = 0; n < 50; n++) {
      await world.clock.advance(6_000);
      expect(await world.readCode(n % 2 === 0 ? 'ann' : 'cid')).toBe(REFUSED);
    }
    expect(world.ajax.on(1).length - spent).toBe(5);
  });

  test('is tried with a call as well, whose session may have ended meanwhile', async () => {
    const world = await createKeyedWorld();
    for (const name of ['ann', 'ben', 'cid', 'dora'] as const) {
      await world.signIn(name);
      await world.clock.advance(61_000);
    }
    await world.clock.advance(10 * 60_000);
    // Cid has a session of 11 minutes ago, which nobody refreshes yet.
    world.ajax.revoke(1);
    expect(await world.readCode('ann')).toBe('upstream_login_required');
    expect(await world.readCode('cid')).toBe(REFUSED);
    world.ajax.endSessions();
    world.ajax.restore(1);
    await world.clock.advance(60_000);
    expect(await world.placeOf('cid')).toBe(1);
  });

  test('is tried again at once when the trial was never written', async () => {
    const world = await failingWorld();
    world.ajax.restore(1);
    await world.clock.advance(60_000);
    world.ajax.behave(() => 'refuse');
    expect(await world.readCode('ann')).toBe('upstream_error');
    world.ajax.behave(() => undefined);
    expect(await world.placeOf('ann')).toBe(1);
  });

  test('gets no sign-ins: they go to another, and take their accounts along', async () => {
    const world = await failingWorld();
    const spent = world.ajax.on(1).length;
    // The failing one would be the least loaded.
    for (let n = 0; n < 5; n++) await world.read('ben');
    await world.signIn('ann');
    await world.signIn('dora');
    expect([await world.placeOf('ann'), await world.placeOf('dora')]).toEqual([2, 2]);
    expect(world.ajax.on(1)).toHaveLength(spent);
  });

  test('is found by a sign-in too, which goes on with another key: no user is told of it', async () => {
    const world = await createKeyedWorld();
    world.ajax.revoke(1);
    await world.signIn('ann');
    expect(await world.placeOf('ann')).toBe(2);
    expect(world.ajax.on(1)).toEqual(['login']);
    expect((await world.status()).keys.map(({ state }) => state)).toEqual(['failing', 'ok']);
    await world.signIn('ben');
    expect(world.ajax.on(1)).toEqual(['login']);
  });

  test('refuses what waits for its tokens: commands are not executed, and none is left hanging (P6)', async () => {
    const world = await createKeyedWorld({ keys: [1], config: { budget } });
    await world.signIn('ann');
    await world.clock.advance(61_000);
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.ajax.behave(async ({ path }) => {
      if (path !== '/api/login') return { status: 200, body: {} };
      await answered;
      return { status: 401, body: { message: 'User is not authorized' } };
    });
    for (let n = 0; n < 16; n++) await world.read('ann');
    await world.clock.advance(45_000);
    const logins = [codeOf(world.signIn('dora')), codeOf(world.signIn('emil'))];
    await world.clock.settle();
    for (let n = 0; n < 2; n++) await arm(world, 'ann');
    const commandId = '00000000-0000-7000-8000-000000000001';
    const waiting = [world.readCode('ann'), codeOf(arm(world, 'ann', { commandId }))];
    await world.clock.settle();
    expect((await world.status()).keys[0]).toMatchObject({ waiting: 2, used: 20 });
    answer();
    expect(await Promise.all([...logins, ...waiting])).toEqual(Array(4).fill(REFUSED));
    expect((await world.status()).keys[0]?.waiting).toBe(0);
    const receipt = await world.client.receipt(idOf('ann'), commandId, context());
    expect(receipt).toMatchObject({ outcome: 'not_executed', code: REFUSED });
    const sent = world.ajax.arrivals.length;
    await world.clock.advance(20_000);
    expect(world.ajax.arrivals).toHaveLength(sent);
  });

  test('is named to the operator by its place, and never itself (P9)', async () => {
    const world = await failingWorld();
    const { keys } = await world.status();
    expect(keys).toMatchObject([
      { place: 1, state: 'failing', sessions: 2 },
      { place: 2, state: 'ok', sessions: 1 },
    ]);
    const metrics = await world.coordinator.metrics();
    expect(metrics).toMatch(/^ajaxsecurflow_key_failing\{key="1"\} 1$/m);
    expect(metrics).toMatch(/^ajaxsecurflow_key_failing\{key="2"\} 0$/m);
    const alerts = world.lines.filter((line) => line.includes('"level":"error"'));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toContain('API key 1');
    world.ajax.restore(1);
    await world.clock.advance(60_000);
    await world.read('ann');
    expect(world.lines.some((line) => line.includes('accepts API key 1 again'))).toBe(true);
    const said = [metrics, JSON.stringify(keys), ...world.lines].join('\n');
    for (const key of KEYS) expect(said).not.toContain(key);
    for (const session of await world.storage.list('session')) expect(session.value).toMatch(/^v1\./);
  });
});

describe('all keys refused', () => {
  test.each([[[1]], [[1, 2]]])(
    'of %j: everybody is told 503, and it costs one trial a minute and key',
    async (keys) => {
      const world = await createKeyedWorld({ keys });
      for (const name of ['ann', 'ben'] as const) await world.signIn(name);
      await world.clock.advance(16 * 60_000);
      for (const key of keys) world.ajax.revoke(key);
      for (const name of ['ann', 'ben'] as const) expect(await world.readCode(name)).toBe(REFUSED);
      const spent = world.ajax.arrivals.length;
      expect(await codeOf(world.signIn('cid'))).toBe(REFUSED);
      expect(await codeOf(world.signIn('ann'))).toBe(REFUSED);
      expect(await codeOf(arm(world, 'ann'))).toBe(REFUSED);
      expect(world.ajax.arrivals).toHaveLength(spent);
      await world.clock.advance(60_000);
      // A sign-in may be the trial: it tells for certain.
      expect(await codeOf(world.signIn('cid'))).toBe(REFUSED);
      expect(await codeOf(world.signIn('cid'))).toBe(REFUSED);
      expect(world.ajax.arrivals.length - spent).toBe(keys.length);
      for (const key of keys) world.ajax.restore(key);
      await world.clock.advance(60_000);
      await world.signIn('cid');
      expect(await world.readCode('cid')).toBe('none');
    },
  );

  test('a wrong password is proof of a key as well', async () => {
    const world = await createKeyedWorld({ keys: [1] });
    world.ajax.revoke(1);
    expect(await codeOf(world.signIn('ann'))).toBe(REFUSED);
    world.ajax.restore(1);
    world.ajax.behave(() => ({ status: 401, body: { message: 'Wrong login or password' } }));
    await world.clock.advance(60_000);
    expect(await codeOf(world.signIn('ann'))).toBe('login_failed');
    expect((await world.status()).keys[0]?.state).toBe('ok');
  });
});

describe('one account that is refused in the same words', () => {
  test('does not take a key out that Ajax accepts from others', async () => {
    const world = await createKeyedWorld();
    for (const name of ['ann', 'ben', 'cid'] as const) await world.signIn(name);
    world.ajax.behave(({ path }) =>
      path === '/api/login' ? { status: 401, body: { message: 'User is not authorized' } } : undefined,
    );
    for (let n = 0; n < 3; n++) {
      expect(await codeOf(world.signIn('dora'))).toBe(REFUSED);
      expect([await world.placeOf('ann'), await world.placeOf('ben')]).toEqual([1, 2]);
    }
    expect((await world.status()).keys.map(({ state }) => state)).toEqual(['ok', 'ok']);
  });
});

describe('the standing of a key', () => {
  function rig() {
    const clock = createTestClock();
    const told: string[] = [];
    const standing = createStanding({
      clock,
      onFail: ({ code }) => told.push(code),
      onRecover: () => told.push('recovered'),
    });
    return { clock, told, standing };
  }

  test('is doubted for a minute after one refusal of a key that was accepted lately', () => {
    const { clock, standing, told } = rig();
    standing.accepted();
    standing.refused('one');
    standing.refused('one');
    expect([standing.state(), standing.isOpen('call')]).toEqual(['doubted', true]);
    clock.skip(60_000);
    expect(standing.state()).toBe('ok');
    standing.refused('one');
    standing.accepted();
    expect(standing.state()).toBe('ok');
    standing.refused('two');
    expect([standing.state(), told]).toEqual(['doubted', []]);
    standing.refused('one');
    expect([standing.state(), told]).toEqual(['failing', [REFUSED]]);
  });

  test('needs one refusal when it was not accepted for 15 minutes', () => {
    const { clock, standing } = rig();
    standing.accepted();
    clock.skip(15 * 60_000);
    standing.refused('one');
    expect(standing.state()).toBe('failing');
  });

  test('says once that it fails and once that it has recovered', () => {
    const { standing, told } = rig();
    for (const source of ['one', 'two', 'three']) standing.refused(source);
    standing.accepted();
    standing.accepted();
    expect(told).toEqual([REFUSED, 'recovered']);
  });

  test('lets one trial pass a minute, and a refresh after a call whose token was refused', () => {
    const { clock, standing } = rig();
    standing.refused('one');
    expect(() => standing.enter('call')).toThrow();
    clock.skip(60_000);
    const trial = standing.enter('call');
    expect(() => standing.enter('call')).toThrow();
    trial?.wrote();
    trial?.answered(401);
    trial?.leave();
    expect(() => standing.enter('call')).toThrow();
    standing.enter('session')?.wrote();
    standing.refused('one');
    expect([standing.isOpen('session'), standing.isOpen('call')]).toEqual([false, false]);
    clock.skip(60_000);
    expect([standing.isOpen('session'), standing.isOpen('call')]).toEqual([true, true]);
  });
});
