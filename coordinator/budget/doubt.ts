/**
 * After a storage may have lost what was spent, every budget is booked in full. A key that is not configured then may
 * come back while its requests still count: for as long the doubt is remembered, with the budgets it is settled for.
 */
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import type { Bounds } from './bounds.ts';
import { CLOCK_SKEW_MS } from './ledger.ts';

const settledSchema = z.array(z.string());
const RECORD = { kind: 'doubt', key: 'budgets' } as const;

/**
 * Which of these budgets have to be booked in full, by name; remembers that they are.
 * @param isDistrusted this life cannot trust the storage
 * @throws GatewayError storage_unavailable
 */
export async function settleDoubt(
  records: Records,
  clock: Clock,
  bounds: Bounds,
  names: readonly string[],
  isDistrusted: boolean,
): Promise<ReadonlySet<string>> {
  const countedMs = bounds.countedWithinMs + bounds.returnAfterMs + CLOCK_SKEW_MS;
  if (isDistrusted) {
    records.put({ ...RECORD, value: JSON.stringify(names), untilAt: clock.monotonic() + countedMs });
    return new Set(names);
  }
  const earlier = (await records.load('doubt')).find(({ key }) => key === RECORD.key);
  if (earlier === undefined) return new Set();
  const settled = readJson(settledSchema, earlier.value) ?? [];
  const untilAt = clock.monotonic() + (earlier.remainingMs ?? countedMs);
  records.put({ ...RECORD, value: JSON.stringify([...new Set([...settled, ...names])]), untilAt });
  return new Set(names.filter((name) => !settled.includes(name)));
}
