import type { AuditEntry } from '../api/types.ts';
import { writeDay } from '../design/time.ts';

export interface ActivityDay {
  readonly day: string;
  readonly entries: readonly AuditEntry[];
}

/** Entries come newest first and stay so. */
export function groupByDay(entries: readonly AuditEntry[], nowMs: number): readonly ActivityDay[] {
  const days = new Map<string, AuditEntry[]>();
  for (const entry of entries) {
    const day = writeDay(Date.parse(entry.timestamp), nowMs);
    const sameDay = days.get(day);
    if (sameDay) sameDay.push(entry);
    else days.set(day, [entry]);
  }
  return [...days].map(([day, sameDay]) => ({ day, entries: sameDay }));
}
