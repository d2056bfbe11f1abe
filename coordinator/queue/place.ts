import type { Urgency } from './urgency.ts';

/** Where work waits. */
export interface Place {
  readonly urgency: Urgency;
  /** The tenant whose turn it is; a login of an unknown e-mail waits under that e-mail's key. */
  readonly account: string;
  /** Of the caller's plan: turns it gets for each turn of weight 1. A whole number, 1 to 100; 1 when absent. */
  readonly weight?: number;
}

/**
 * What a tenant's wish for a token meets. `absent`: nobody else waits. `blocked`: others wait, but no token of now is
 * open to any of them. `waiting`: others wait.
 */
export type Others = 'absent' | 'blocked' | 'waiting';

/** Says what may start now. */
export interface Gate {
  /** Whether a token is open to a lane at all. */
  opens(urgency: Urgency): boolean;
  /** Whether the next piece of work at a place may start. */
  allows(place: Place, others: Others): boolean;
}

/** Work of one tenant in one lane that starts before a new piece of work. */
export interface Demand {
  readonly urgency: Urgency;
  readonly account: string;
  readonly jobs: number;
}

/**
 * A turn of weight 1 in virtual time: a multiple of 1 to 16, so that tags are whole numbers and sums of them exact.
 * Other weights are off by less than 0.01 %.
 */
const TURN = 720_720;

/** What one turn costs in virtual time. @throws RangeError a weight that is not a whole number from 1 to 100 */
export function turnCost(weight = 1): number {
  if (!Number.isInteger(weight) || weight < 1 || weight > 100)
    throw new RangeError(`A weight is a whole number from 1 to 100, not ${weight}`);
  return Math.round(TURN / weight);
}
