import type { Quota } from '../api/types.ts';

const count = new Intl.NumberFormat('en-GB', { useGrouping: 'always' } as Intl.NumberFormatOptions);

/** "5,000". */
export const writeCount = (value: number): string => count.format(value);

/** The limit of one window, as in a table: "5,000", or "No limit". */
export function writeLimit(quotas: readonly Quota[], name: Quota['name']): string {
  const quota = quotas.find((candidate) => candidate.name === name);
  return quota ? writeCount(quota.limit) : 'No limit';
}
