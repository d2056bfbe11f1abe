/** Runs worlds in a process of its own; prints one line of JSON for each. */
import { parseArgs } from 'node:util';
import { mutants } from './mutants/mutants.ts';
import { installMutant } from './mutants/mutate.ts';
import { loadProduct } from './product.ts';
import { runWorld } from './world/world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    worlds: { type: 'string', default: '1' },
    hours: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    'until-broken': { type: 'boolean', default: false },
  },
});
// Refusals are errors, and their stacks cost more than anything else.
Error.stackTraceLimit = 0;
const mutant = mutants.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined && mutant === undefined) throw new Error(`No mutant '${values.mutant}'`);
const installed = mutant && installMutant(mutant);
const product = await loadProduct();
installed?.assertComplete();
const first = Number(values.seed);
for (let seed = first; seed < first + Number(values.worlds); seed++) {
  const before = process.cpuUsage();
  const outcome = await runWorld({ product, seed, hours: Number(values.hours) });
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ ...outcome, cpuMs: Math.round((user + system) / 1_000) }));
  if (values['until-broken'] && outcome.verdict !== undefined) break;
}
process.exit(0);
