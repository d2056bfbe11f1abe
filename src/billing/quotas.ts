import type { Config, Quota } from '../config.ts';
import type { Plan } from '../kernel/caller.ts';
import { type QuotaWindow, quotaWindows } from '../kernel/quota.ts';

/** What a plan lets through; nothing where everything is. */
export function windowsOf(
  plan: Plan,
  { billing, plans }: Pick<Config, 'billing' | 'plans'>,
): readonly QuotaWindow[] {
  const quota = plans.developerMode ? undefined : billing.quotas[plan];
  return quota === undefined ? [] : toWindows(quota);
}

const toWindows = ({ perMinute, perHour }: Quota): readonly QuotaWindow[] => [
  { name: 'minute', limit: perMinute, ...quotaWindows.minute },
  { name: 'hour', limit: perHour, ...quotaWindows.hour },
];
