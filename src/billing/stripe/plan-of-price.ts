import type { StripeConfig } from '../../config.ts';
import { type Plan, plans } from '../../kernel/caller.ts';

/** undefined: nobody has configured it. */
export const planOfPrice = (
  { prices }: Pick<StripeConfig, 'prices'>,
  price: string | undefined,
): Plan | undefined => plans.find((plan) => price !== undefined && prices[plan]?.includes(price));
