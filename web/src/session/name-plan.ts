import type { Plan } from '../api/types.ts';

const planName: Readonly<Record<Plan, string>> = {
  free: 'Free',
  basic: 'Basic',
  pro: 'Pro',
  premium: 'Premium',
};

export const namePlan = (plan: string): string =>
  planName[plan as Plan] ?? plan.charAt(0).toUpperCase() + plan.slice(1);
