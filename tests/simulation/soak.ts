/**
 * `npm run soak -- --seed 1 --hours 500`: world after world, each of one simulated hour and a seed of its own, until
 * the hours are over. A broken promise is printed with its seed and the last events, and ends with exit code 1.
 */
import { parseArgs } from 'node:util';
import { loadProduct } from './product.ts';
import { describeBroken } from './report.ts';
import { runWorld } from './world/world.ts';

const { values } = parseArgs({
  options: {
    /** Of the first world; the others follow. */
    seed: { type: 'string', default: '1' },
    hours: { type: 'string', default: '10' },
  },
});
const first = Number(values.seed);
const worlds = Number(values.hours);
if (!Number.isInteger(first) || !(worlds >= 1)) {
  console.error('Usage: npm run soak -- --seed <whole number> --hours <number of simulated hours>');
  process.exit(2);
}

// Refusals are errors, and their stacks cost more than anything else.
Error.stackTraceLimit = 0;
const product = await loadProduct();
const startedAt = performance.now();
let faults = 0;
for (let seed = first; seed < first + worlds; seed++) {
  const outcome = await runWorld({ product, seed, hours: 1 });
  faults += Object.values(outcome.faults).reduce((sum, count) => sum + count, 0);
  if (outcome.verdict !== undefined) {
    console.error(describeBroken(outcome));
    process.exit(1);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`seed ${seed}: nothing broken; ${seed - first + 1} h, ${faults} faults in ${seconds} s`);
}
process.exit(0);
