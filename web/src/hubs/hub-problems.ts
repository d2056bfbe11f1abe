import type { Hub } from '../api/types.ts';

const LOW_BATTERY_PERCENT = 25;

/** What is wrong with the hub itself, most serious first, in words. */
export function readHubProblems(hub: Hub): readonly string[] {
  const problems: string[] = [];
  if (hub.unavailable) return ['Cannot be read right now'];
  if (hub.alarm_condition.length > 0) problems.push('Alarm');
  if (!hub.online) problems.push('Hub is offline');
  if (hub.tampered) problems.push('Lid is open');
  if (hub.externallyPowered === false) problems.push('Running on battery');
  if (hub.battery?.state === 'MALFUNCTION') problems.push('Battery fault');
  else if ((hub.battery?.chargeLevelPercentage ?? 100) <= LOW_BATTERY_PERCENT)
    problems.push('Battery is low');
  return problems;
}
