/** Messages between the bench and its processes. */
import type { Job, Outcome } from './contender.ts';

export interface Arrival {
  readonly job: string;
  /** Monotonic ms of the machine. */
  readonly at: number;
}

export type UpstreamCommand =
  /** Forgets the arrivals; from now on requests take so long there, and their answers so long back (ms). */
  | {
      readonly type: 'reset';
      readonly there: readonly [number, number];
      readonly back: readonly [number, number];
    }
  | { readonly type: 'arrivals' }
  | { readonly type: 'count' }
  /** `reached` is sent when so many have arrived. */
  | { readonly type: 'watch'; readonly count: number };

export type UpstreamAnswer =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'reset' }
  | { readonly type: 'arrivals'; readonly arrivals: readonly Arrival[] }
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'reached' };

export type WorkerCommand =
  /** Hands the jobs over, `how`: a kind of work, or a way of accepting; answered when all are handed over. */
  | { readonly type: 'submit'; readonly jobs: readonly Job[]; readonly how: string }
  /** One after the other, each to its end. */
  | { readonly type: 'follow'; readonly jobs: readonly Job[]; readonly how: string }
  /** Accepts all at once and takes back what waits. */
  | { readonly type: 'accept'; readonly jobs: readonly Job[]; readonly how: string }
  | { readonly type: 'outcomes'; readonly jobs: readonly Job[] }
  | { readonly type: 'close' };

export type WorkerAnswer =
  | { readonly type: 'ready'; readonly running: readonly string[]; readonly accepting: readonly string[] }
  | { readonly type: 'submitted' }
  /** When each was handed over, monotonic ms of the machine. */
  | { readonly type: 'followed'; readonly at: readonly number[] }
  | { readonly type: 'accepted'; readonly tookMs: number }
  | { readonly type: 'outcomes'; readonly outcomes: readonly Outcome[] }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string };
