import { expect, it } from 'vitest';
import { weightOf } from '../../../src/access/index.ts';

it.each([
  ['free', 1],
  ['basic', 2],
  ['pro', 3],
  ['premium', 4],
] as const)('the plan %s has the weight %i in a lane (promise P4)', (plan, weight) => {
  expect(weightOf(plan)).toBe(weight);
});
