/** What a run has measured. */
import type { Entry } from './contenders.ts';
import type { CrashResult } from './scenarios/crash.ts';
import type { EdgeResult, SaturationResult } from './scenarios/saturation.ts';

/** A way of working of one contender; only the coordinator has several. */
export interface Way {
  readonly entry: Entry;
  readonly how: string;
}

export interface Results {
  readonly limits: ReadonlyMap<Entry, SaturationResult & { readonly edge: EdgeResult }>;
  readonly crashes: readonly (Way & { readonly result: CrashResult })[];
  readonly recoveries: ReadonlyMap<Entry, readonly number[]>;
  /** By round. */
  readonly latencies: readonly (Way & { readonly rounds: readonly (readonly number[])[] })[];
  readonly acceptances: readonly (Way & { readonly rounds: readonly number[] })[];
}
