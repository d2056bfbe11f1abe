/** Asynchronous reads: durable, one outcome each (P6). */
import { describe, expect, test } from 'vitest';
import { type JobOfRead, JobWaiting } from '../../../coordinator/contract/client.ts';
import type { Job } from '../../../coordinator/contract/messages.ts';
import { createMemoryStorage } from '../../../coordinator/storage/memory.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  ACCOUNT,
  codeOf,
  context,
  createFakeAjax,
  createSignedInWorld,
  createTestClock,
  createWorld,
  get,
  put,
  type World,
} from './world.ts';

const tight = { budget: { requests: 2, windowMs: 60_000, reserve: 0 } };
const newJob = (path = '/api/v1/ajax/hubs?x=ä%20b'): JobOfRead => ({ id: newId(), request: { path } });

/** The answer, or the job that waits for it. */
async function read(world: Pick<World, 'client'>, job: JobOfRead, path: string[], account = ACCOUNT) {
  try {
    return await world.client.read({ account, path, lane: 'interactive', job, ...context() });
  } catch (error) {
    if (error instanceof JobWaiting) return error.job;
    throw error;
  }
}

/** Reads that may wait a little for the clock. */
async function readSoon(world: World, job: JobOfRead, path: string[]) {
  const reading = read(world, job, path);
  // It may fail while the clock moves, before anybody looks.
  reading.catch(() => {});
  await world.clock.advance(20);
  return reading;
}

describe('a job', () => {
  test('answers at once what is at hand, and waits for what is not', async () => {
    const world = await createSignedInWorld({ config: tight });
    world.ajax.behave(() => ({ status: 200, body: [{ hubId: '1' }] }));
    await get(world, ['hubs']);
    const job = newJob();
    expect(await readSoon(world, job, ['hubs'])).toMatchObject({ status: 200, body: [{ hubId: '1' }] });
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({
      ...{ id: job.id, request: job.request, state: 'waiting', reads: 2, answered: 1 },
      expiresAt: world.clock.now() - 40 + 15 * 60_000,
    });
  });

  test('gets its answer after more than the 20 s of other reads, and keeps it', async () => {
    const world = await createSignedInWorld({ config: tight });
    await get(world, ['hubs', '1', 'logs']);
    const job = newJob();
    world.ajax.behave(() => ({ status: 200, body: { late: true } }));
    expect(await codeOf(get(world, ['hubs', '2']))).toBe('budget_exhausted');
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({ state: 'waiting' });
    await world.clock.advance(60_100);
    expect(await world.client.job(ACCOUNT, job.id, context())).toMatchObject({ state: 'ready', answered: 1 });
    const sent = world.ajax.arrivals.length;
    for (let n = 0; n < 3; n++) {
      expect(await read(world, job, ['hubs', '1'])).toMatchObject({ status: 200, body: { late: true } });
    }
    expect(world.ajax.arrivals).toHaveLength(sent);
  });

  test('ends in the error of its read when asking again does not help', async () => {
    const world = await createSignedInWorld();
    world.ajax.behave(() => 'reset');
    const job = newJob();
    expect(await codeOf(readSoon(world, job, ['hubs', '1']))).toBe('upstream_error');
    expect(await world.client.job(ACCOUNT, job.id, context())).toMatchObject({ state: 'ready' });
    expect(await codeOf(read(world, job, ['hubs', '1']))).toBe('upstream_error');
  });

  test('waits again after a crash: its read is sent once more, its answers are not lost', async () => {
    const clock = createTestClock();
    const storage = createMemoryStorage(clock);
    const ajax = createFakeAjax(clock);
    const first = await createSignedInWorld({ clock, storage, ajax, config: tight });
    ajax.behave(({ path }) => ({ status: 200, body: { path } }));
    const [done, waiting] = [newJob(), newJob()];
    await readSoon(first, done, ['hubs', '1']);
    await clock.settle();
    expect(await readSoon(first, waiting, ['hubs', '2'])).toMatchObject({ state: 'waiting' });
    const second = await createWorld({ clock, storage, ajax, config: tight });
    expect(await second.client.job(ACCOUNT, waiting.id, context())).toMatchObject({ state: 'waiting' });
    await clock.advance(70_000);
    expect(await second.client.job(ACCOUNT, waiting.id, context())).toMatchObject({ state: 'ready' });
    expect(await read(second, waiting, ['hubs', '2'])).toMatchObject({ status: 200 });
    expect(ajax.arrivals.filter(({ path }) => path.endsWith('/hubs/2'))).toHaveLength(1);
  });

  test('that is cancelled leaves the line and spends nothing', async () => {
    const world = await createSignedInWorld({ config: tight });
    await get(world, ['hubs', '1', 'logs']);
    const job = newJob();
    await readSoon(world, job, ['hubs', '1']);
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(1);
    expect(await world.client.cancelJob(ACCOUNT, job.id, context())).toMatchObject({ state: 'cancelled' });
    expect((await world.client.budget(ACCOUNT, context())).waiting).toBe(0);
    const sent = world.ajax.arrivals.length;
    await world.clock.advance(130_000);
    expect(world.ajax.arrivals).toHaveLength(sent);
    expect(await readSoon(world, job, ['hubs', '3'])).toMatchObject({ state: 'cancelled' });
  });

  test('does not keep an answer fetched before the effect of a change showed (P8)', async () => {
    const world = await createSignedInWorld();
    let state = 'DISARMED';
    world.ajax.behave(({ method }) =>
      method === 'PUT' ? { status: 204 } : { status: 200, body: { state } },
    );
    await put(world, ['hubs', '1', 'commands', 'arming'], { command: 'ARM' });
    // Sent, and not to be seen yet.
    const job = newJob();
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({ body: { state: 'DISARMED' } });
    state = 'ARMED';
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({ body: { state: 'DISARMED' } });
    await world.clock.advance(10_000);
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({ body: { state: 'ARMED' } });
    await world.clock.advance(60_000);
    const before = world.ajax.arrivals.length;
    expect(await readSoon(world, job, ['hubs', '1'])).toMatchObject({ body: { state: 'ARMED' } });
    expect(world.ajax.arrivals).toHaveLength(before);
  });

  test('is nobody else’s (P7)', async () => {
    const world = await createSignedInWorld({ config: tight });
    const job = newJob();
    await readSoon(world, job, ['hubs', '1']);
    const other = 'ffff';
    expect(await codeOf(world.client.job(other, job.id, context()))).toBe('job_not_found');
    expect(await codeOf(world.client.cancelJob(other, job.id, context()))).toBe('job_not_found');
    expect(await codeOf(read(world, job, ['hubs', '1'], other))).toBe('job_not_found');
    expect(await codeOf(world.client.job(ACCOUNT, newId(), context()))).toBe('job_not_found');
  });

  test('is gone after 15 minutes, and its read never sent then', async () => {
    const world = await createSignedInWorld({ config: tight });
    await get(world, ['hubs', '1', 'logs']);
    world.ajax.behave(() => ({ status: 429, headers: { 'retry-after': '300' } }));
    const job = newJob();
    await readSoon(world, job, ['hubs', '1']);
    world.clock.skip(15 * 60_000);
    const sent = world.ajax.arrivals.length;
    await world.clock.advance(1_000);
    expect(await codeOf(world.client.job(ACCOUNT, job.id, context()))).toBe('job_not_found');
    await world.clock.advance(60_000);
    expect(world.ajax.arrivals).toHaveLength(sent);
  });

  test('one account has at most 20 that wait; a twenty-first is told when to come again', async () => {
    const world = await createSignedInWorld({ config: tight });
    await get(world, ['hubs', '1', 'logs']);
    for (let n = 0; n < 20; n++) await readSoon(world, newJob(), ['hubs', String(n)]);
    await expect(readSoon(world, newJob(), ['hubs', '20'])).rejects.toMatchObject({
      code: 'budget_exhausted',
      extras: { retryAfterSeconds: 60 },
    });
  });

  test('makes room for another of its account when it is gone', async () => {
    const world = await createSignedInWorld({ config: tight });
    await get(world, ['hubs', '1', 'logs']);
    for (let n = 0; n < 20; n++) await readSoon(world, newJob(), ['hubs', String(n)]);
    world.clock.skip(15 * 60_000);
    expect(await readSoon(world, newJob(), ['hubs', '20'])).toBeDefined();
    expect((await world.client.status(context())).jobs).toBe(1);
  });

  test('is forgotten when its account has 50 newer ones', async () => {
    const world = await createSignedInWorld();
    await get(world, ['hubs']);
    const all = Array.from({ length: 51 }, () => newJob());
    for (const job of all) expect(await readSoon(world, job, ['hubs'])).toMatchObject({ status: 200 });
    const [oldest, second] = all;
    expect(await codeOf(world.client.job(ACCOUNT, oldest?.id ?? '', context()))).toBe('job_not_found');
    expect(await world.client.job(ACCOUNT, second?.id ?? '', context())).toMatchObject({ state: 'ready' });
    expect((await world.client.status(context())).jobs).toBe(50);
  });

  test('shares the call of an identical read, and stale data serves it like any other', async () => {
    const world = await createSignedInWorld();
    const release = world.ajax.hold();
    const plain = get(world, ['hubs', '1']);
    await world.clock.settle();
    const job = newJob();
    expect((await readSoon(world, job, ['hubs', '1'])) as Job).toMatchObject({ state: 'waiting' });
    release();
    await plain;
    await world.clock.settle();
    expect(await read(world, job, ['hubs', '1'])).toMatchObject({ status: 200 });
    expect(world.ajax.arrivals.filter(({ path }) => path.endsWith('/hubs/1'))).toHaveLength(1);
  });
});
