/** Which sign-in was later is told by marks, whatever the clocks say. */
import { expect, test } from 'vitest';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import {
  ACCOUNT,
  CREDENTIALS,
  codeOf,
  context,
  createFakeAjax,
  createTestClock,
  createWorld,
  get,
  SECRET,
  type World,
} from './world.ts';

async function signIn(world: World): Promise<string> {
  const { mark } = await world.client.login(CREDENTIALS, context());
  if (mark === undefined) throw new Error('It named no mark');
  return mark;
}
const connections = async (world: World) => (await world.client.status(context())).sessions;
const FAR_AHEAD = Number.MAX_SAFE_INTEGER;

test('later ones are greater as text, in one life and from one to the next', async () => {
  const clock = createTestClock();
  const storage = createMemoryStorage(clock);
  const ajax = createFakeAjax(clock);
  const marks: string[] = [];
  for (let life = 0; life < 3; life++) {
    const world = await createWorld({ clock, storage, ajax });
    // As many as make another digit.
    for (let n = 0; n < 4; n++) {
      for (let m = 0; m < 4; m++) await get(world, ['hubs', `${m}`]).catch(() => {});
      marks.push(await signIn(world));
    }
    await clock.advance(61_000);
  }
  expect(marks).toEqual([...marks].sort());
  expect(new Set(marks).size).toBe(12);
});

test('a sign-out does not end a later sign-in, however far ahead its clock is', async () => {
  const world = await createWorld();
  const first = await signIn(world);
  const second = await signIn(world);
  await world.client.forget(ACCOUNT, context(), { mark: first, at: FAR_AHEAD });
  expect(await connections(world)).toBe(1);
  expect((await get(world, ['hubs'])).status).toBe(200);
  await world.client.forget(ACCOUNT, context(), { mark: second, at: 0 });
  expect(await connections(world)).toBe(0);
});

test('a renewed session has the mark of its sign-in', async () => {
  const world = await createWorld();
  const first = await signIn(world);
  await world.clock.advance(16 * 60_000);
  await get(world, ['hubs']);
  expect(world.ajax.arrivals.some(({ path }) => path.endsWith('/refresh'))).toBe(true);
  await world.client.forget(ACCOUNT, context(), { mark: first, at: 0 });
  expect(await connections(world)).toBe(0);
});

test('is known to the next life, too', async () => {
  const clock = createTestClock();
  const storage = createMemoryStorage(clock);
  const ajax = createFakeAjax(clock);
  const before = await createWorld({ clock, storage, ajax });
  const first = await signIn(before);
  const second = await signIn(before);
  const world = await createWorld({ clock, storage, ajax });
  await world.client.forget(ACCOUNT, context(), { mark: first, at: FAR_AHEAD });
  expect(await connections(world)).toBe(1);
  await world.client.forget(ACCOUNT, context(), { mark: second, at: 0 });
  expect(await connections(world)).toBe(0);
  expect(await codeOf(get(world, ['hubs']))).toBe('upstream_login_required');
});

test('without a mark the time decides, and without either everything ends', async () => {
  const world = await createWorld();
  const asked = world.clock.now();
  await world.clock.advance(1);
  await signIn(world);
  await world.client.forget(ACCOUNT, context(), { mark: undefined, at: asked });
  expect(await connections(world)).toBe(1);
  await world.client.forget(ACCOUNT, context(), { mark: undefined, at: world.clock.now() });
  expect(await connections(world)).toBe(0);
  await signIn(world);
  await world.client.forget(ACCOUNT, context());
  expect(await connections(world)).toBe(0);
});

test.each(['unless_signed_in_beyond=x', 'unless_signed_in_beyond=', 'unless_signed_in_after=-1'])(
  'what is none is refused: %s',
  async (query) => {
    const world = await createWorld();
    await signIn(world);
    const response = await world.request(`http://coordinator/v1/accounts/${ACCOUNT}/session?${query}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${SECRET}` },
    });
    expect(response.status).toBe(422);
    expect(await connections(world)).toBe(1);
  },
);
