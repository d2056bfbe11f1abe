/**
 * What happened before what, in one life and from one to the next, so that no clock decides whether data is older
 * than a change (promise P8): the epoch of the lease, and a count within it.
 */
import { z } from 'zod';

export const momentSchema = z.tuple([z.number(), z.number()]).readonly();
export type Moment = z.infer<typeof momentSchema>;

/** Before everything: epochs are larger. */
export const NEVER: Moment = [-1, 0];

export interface Order {
  next(): Moment;
}

export function createOrder(epoch: number): Order {
  let events = 0;
  return { next: () => [epoch, ++events] };
}

export function isAfter([epoch, event]: Moment, [otherEpoch, otherEvent]: Moment): boolean {
  return epoch === otherEpoch ? event > otherEvent : epoch > otherEpoch;
}

export const isSame = (one: Moment, other: Moment) => one[0] === other[0] && one[1] === other[1];

export function latest(moments: readonly Moment[]): Moment {
  return moments.reduce((last, moment) => (isAfter(moment, last) ? moment : last), NEVER);
}
