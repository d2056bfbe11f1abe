/**
 * Worlds run in a process of their own, without a test runner's transformations: they replace globals, and a mutant
 * replaces modules.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const counts = z.record(z.string(), z.number());
const outcomeSchema = z.object({
  seed: z.number(),
  simulatedMs: z.number(),
  events: z.number(),
  cpuMs: z.number(),
  faults: counts,
  figures: counts,
  fingerprint: z.string(),
  verdict: z.object({ promise: z.string(), what: z.string(), at: z.number() }).optional(),
  last: z.array(z.string()),
});
export type ChildOutcome = z.infer<typeof outcomeSchema>;

export interface Worlds {
  /** Of the first; the others follow. */
  readonly seed: number;
  readonly worlds: number;
  readonly hours: number;
  readonly mutant?: string;
  /** No more after the first in which a promise is broken. */
  readonly untilBroken?: boolean;
}

/** @throws Error with what the process said, when it failed */
export async function runWorlds(options: Worlds): Promise<ChildOutcome[]> {
  const { seed, worlds, hours, mutant, untilBroken = false } = options;
  const child = spawn(
    process.execPath,
    [
      `${import.meta.dirname}/run.ts`,
      ...['--seed', String(seed), '--worlds', String(worlds), '--hours', String(hours)],
      ...(mutant === undefined ? [] : ['--mutant', mutant]),
      ...(untilBroken ? ['--until-broken'] : []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const outcomes: ChildOutcome[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      outcomes.push(outcomeSchema.parse(JSON.parse(line)));
    }
  } finally {
    child.kill();
  }
  const code = await ended;
  if (code !== 0) throw new Error(`The worlds ended with ${code}: ${errors}`);
  return outcomes;
}
