import { writeDay } from './time.ts';

export interface Day<T> {
  /** "Today", "Yesterday", "Monday 2 June"; "Without a date" for what has no time. */
  readonly day: string;
  readonly entries: readonly T[];
}

/** Entries come newest first and stay so. */
export function groupByDay<T>(
  entries: readonly T[],
  readAtMs: (entry: T) => number | undefined,
  nowMs: number,
): readonly Day<T>[] {
  const days = new Map<string, T[]>();
  for (const entry of entries) {
    const atMs = readAtMs(entry);
    const day = atMs === undefined ? 'Without a date' : writeDay(atMs, nowMs);
    const sameDay = days.get(day);
    if (sameDay) sameDay.push(entry);
    else days.set(day, [entry]);
  }
  return [...days].map(([day, sameDay]) => ({ day, entries: sameDay }));
}
