/**
 * Which sign-in of an account came later: told by the order of things, not by clocks, of which a gateway and a
 * coordinator have one each. A gateway keeps it as it is, and the greatest as text is the latest.
 */
import type { Moment } from '../cache/order.ts';

/** Lengths that whatever JavaScript counts exactly fits in. */
const DIGITS = 16;

export const markOf = (moment: Moment): string =>
  moment.map((part) => String(part).padStart(DIGITS, '0')).join('-');
