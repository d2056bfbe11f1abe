import type { UsageDay } from '../api/types.ts';

const dayOfUsage = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** "31 Aug". @param day ISO 8601 calendar day, UTC */
export const writeUsageDay = (day: string): string => dayOfUsage.format(Date.parse(`${day}T00:00:00Z`));

/** What a chart of these days shows, in a sentence for who does not see it. */
export function summariseUsage(days: readonly UsageDay[]): string {
  const total = days.reduce((sum, { requests }) => sum + requests, 0);
  const refused = days.reduce((sum, day) => sum + day.refused, 0);
  const busiest = days.reduce<UsageDay | undefined>(
    (best, day) => (day.requests > (best?.requests ?? 0) ? day : best),
    undefined,
  );
  if (busiest === undefined) return `No requests in ${days.length} days.`;
  return (
    `${total} requests in ${days.length} days, most of them (${busiest.requests}) on ${writeUsageDay(busiest.day)}; ` +
    `${refused} were refused.`
  );
}
