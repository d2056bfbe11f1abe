/** While Ajax throttles, the budget is closed; a restart must not open it. */
import type { Clock } from '../../src/kernel/clock.ts';
import type { Records } from '../storage/records.ts';

export interface Closures {
  save(forMs: number): void;
  /** Milliseconds the budget stays closed; 0 when it is open. @throws GatewayError storage_unavailable */
  load(): Promise<number>;
}

/** @param budget names the API key without revealing it */
export function createClosures(records: Records, budget: string, clock: Clock): Closures {
  return {
    save: (forMs) =>
      records.put({ kind: 'closure', key: budget, value: '', untilAt: clock.monotonic() + forMs }),
    async load() {
      const closures = await records.load('closure');
      return closures.find(({ key }) => key === budget)?.remainingMs ?? 0;
    },
  };
}
