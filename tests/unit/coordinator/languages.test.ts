/** What Ajax says to one language is not said to another; no answer crosses a change in any of them (P7, P8). */
import { expect, test } from 'vitest';
import { createSignedInWorld, get, put, send } from './world.ts';

const UPDATE = ['hubs', '1'];

async function translatedWorld() {
  const world = await createSignedInWorld();
  let number = 0;
  world.ajax.behave(({ method, headers }) =>
    method === 'GET'
      ? { status: 200, body: { in: headers['accept-language'] ?? 'none', number: ++number } }
      : undefined,
  );
  return world;
}

test('answers are kept for each language apart, and for none', async () => {
  const world = await translatedWorld();
  const read = async (languages?: string) => {
    const { body, cache } = await get(world, UPDATE, languages === undefined ? {} : { languages });
    return [(body as { in: string }).in, cache?.state];
  };
  expect(await read('es')).toEqual(['es', 'MISS']);
  expect(await read()).toEqual(['none', 'MISS']);
  expect(await read('uk, en;q=0.5')).toEqual(['uk, en;q=0.5', 'MISS']);
  expect(await read('es')).toEqual(['es', 'HIT']);
  expect(await read()).toEqual(['none', 'HIT']);
  // Spelt otherwise, the same.
  expect(await read('UK,EN; q=0.5')).toEqual(['uk, en;q=0.5', 'HIT']);
});

test('reads in two languages at once do not share a call', async () => {
  const world = await translatedWorld();
  const all = await Promise.all(
    ['es', 'uk', 'es', 'uk'].map((languages) => get(world, UPDATE, { languages })),
  );
  expect(all.map(({ body }) => (body as { in: string }).in)).toEqual(['es', 'uk', 'es', 'uk']);
  expect(world.ajax.arrivals.filter(({ method }) => method === 'GET')).toHaveLength(2);
});

test('a change of the hub ends all of them, and stale ones stay within their language', async () => {
  const world = await translatedWorld();
  for (const languages of ['es', 'uk']) await get(world, UPDATE, { languages });
  await put(world, [...UPDATE, 'commands', 'arming']);
  for (const languages of ['es', 'uk']) {
    expect((await get(world, UPDATE, { languages })).cache?.state).toBe('MISS');
  }
  await world.clock.advance(11_000);
  await get(world, UPDATE, { languages: 'es' });
  await world.clock.advance(60_000);
  world.ajax.behave(() => 'reset');
  const stale = await get(world, UPDATE, { languages: 'es' });
  expect([stale.cache?.state, stale.body]).toMatchObject(['STALE', { in: 'es' }]);
  await expect(get(world, UPDATE, { languages: 'uk' })).rejects.toMatchObject({ code: 'upstream_error' });
});

test('a header that is none goes no further, whoever sends it', async () => {
  const world = await translatedWorld();
  await get(world, UPDATE, { languages: 'es;x=1' });
  expect(world.ajax.arrivals.at(-1)?.headers['accept-language']).toBeUndefined();
});

test('goes along with a command; the same one in another language is the same command', async () => {
  const world = await createSignedInWorld();
  const command = (languages: string) =>
    world.client.command({
      ...{ account: 'a1b2c3d4', method: 'POST', path: ['hubs', '1', 'firmwareUpdate'], lane: 'command' },
      ...{ commandId: crypto.randomUUID(), idempotencyKey: 'once', correlationId: 'c', languages },
    });
  await command('es');
  expect(world.ajax.arrivals.at(-1)?.headers['accept-language']).toBe('es');
  const sent = world.ajax.arrivals.length;
  expect(await command('uk')).toMatchObject({ kind: 'answered', replayed: true });
  expect(world.ajax.arrivals).toHaveLength(sent);
  await send(world, ['hubs', '1', 'rooms']);
  expect(world.ajax.arrivals.at(-1)?.headers['accept-language']).toBeUndefined();
});
