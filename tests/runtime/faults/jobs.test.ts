/** SIGKILL in the middle of every kind of background job: what it was doing is done, once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cases } from './jobs/cases.ts';
import { type JobRig, startJobRig } from './jobs/rig.ts';

let rig: JobRig;
beforeAll(async () => {
  rig = await startJobRig();
  await rig.start();
});
afterAll(() => rig.close());
beforeEach(() => rig.forget());

it('every kind of job the product has is killed here', async () => {
  expect(Object.keys(cases).sort()).toEqual((await rig.kinds()).sort());
});

describe.each(Object.entries(cases))('%s', { timeout: 60_000 }, (kind, stories) => {
  const stops = stories.flatMap(({ story, stops: own }) =>
    Object.entries(own).map(([name, [stop, sendings]]) => ({ name, story, stop, sendings })),
  );
  it.each(stops)('killed $name', async ({ story, stop, sendings }) => {
    const { cause, end } = await story(rig);
    await rig.killAt(kind, stop, cause);
    await end({ mail: 1, webhook: 1, ...sendings });
  });
});
