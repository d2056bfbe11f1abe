import { writeMoney } from '../../../src/kernel/minor-units.ts';
import type { PlanOffer } from '../api/types.ts';

export type Price = NonNullable<PlanOffer['price']>;

/** "a month", "every 3 months". */
export const writeInterval = ({ interval, interval_count: count }: Price): string =>
  count === 1 ? `a ${interval}` : `every ${count} ${interval}s`;

/** "€10.00", as people write it where the browser is at home. */
export const writeAmount = ({ amount_minor, currency }: Price, locale = navigator.language): string =>
  writeMoney(amount_minor, currency, locale);

/** "€10.00 a month". */
export const writePrice = (price: Price, locale = navigator.language): string =>
  `${writeAmount(price, locale)} ${writeInterval(price)}`;
