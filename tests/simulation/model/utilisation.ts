/**
 * P2: with reads waiting, at least 98 % of the tokens open to them are used per window and reply. Judged over stretches
 * in which reads wait all the time and no token can be held by something that went wrong before.
 */
import type { Check, Facts } from './facts.ts';

export interface UtilisationOptions {
  readonly settledSince: () => number;
  /** Whether its tenants ask for more than there is, all the time. */
  readonly isFlooded: () => boolean;
}

const LEAST_PART = 0.98;
/** The longest answer of a calm Ajax, from the line to the last byte; W + G is what a token takes besides. */
const REPLY_MS = 900;
const CYCLES = 3;

export function watchUtilisation(facts: Facts, options: UtilisationOptions): Check & { stretches(): number } {
  const { now, limits, broken } = facts;
  const cycleMs = limits.windowMs + Math.max(5, limits.windowMs / 1_000) + REPLY_MS;
  let beganAt: number | undefined;
  let used = 0;
  let stretches = 0;

  function begin(at: number | undefined): void {
    beganAt = at;
    used = 0;
  }

  return {
    stretches: () => stretches,
    checked() {
      used++;
    },
    tick() {
      if (!options.isFlooded() || options.settledSince() > now()) return begin(undefined);
      if (beganAt === undefined) return begin(now());
      if (now() - beganAt < CYCLES * cycleMs) return;
      const open = CYCLES * (limits.requests - limits.reserve);
      stretches++;
      if (used < Math.floor(LEAST_PART * open)) {
        broken('P2', `${used} of ${open} tokens were used in ${Math.round(now() - beganAt)} ms`);
      }
      begin(now());
    },
  };
}
