/** What all checks know of the world: its time, its faults, and how to say that a promise is broken. */
import type { AjaxAnswer, Exchange } from '../world/ajax.ts';
import type { Call, Told } from './call.ts';
import type { Trace } from './trace.ts';

export interface Limits {
  readonly requests: number;
  readonly windowMs: number;
  readonly reserve: number;
  readonly requestTimeoutMs: number;
}

export interface Facts {
  now(): number;
  readonly limits: Limits;
  readonly trace: Trace;
  /** @param promise P1 to P11 */
  broken(promise: string, what: string): void;
  /** Since when nothing has been wrong with processes, storage, network and Ajax; infinite while something is. */
  calmSince(): number;
  /** Since when the storage has not answered; undefined when it does. */
  storageAwaySince(): number | undefined;
  /** Whether a process stood still at some time since then. */
  stoppedSince(at: number): boolean;
  /** Whether Ajax refused some API key at some time since then. */
  refusedSince(at: number): boolean;
  /** Whether clocks jumped at some time since then. */
  steppedSince(at: number): boolean;
}

/** One promise, or part of one, watched from the outside. */
export interface Check {
  submitted?(call: Call): void;
  told?(call: Call, told: Told): void;
  /** A request is about to be written: the last moment at which it could have been held back. */
  checked?(exchange: Exchange): void;
  written?(exchange: Exchange): void;
  /** @param clock of Ajax */
  arrived?(exchange: Exchange, answer: AjaxAnswer, clock: number): void;
  /** Its sender has seen the status. */
  answered?(exchange: Exchange, answer: AjaxAnswer): void;
  /** Its sender has the whole answer. */
  heard?(exchange: Exchange, answer: AjaxAnswer): void;
  /** An account goes by another API key than before. */
  moved?(account: string): void;
  /** Its sender has heard all it will. */
  ended?(exchange: Exchange): void;
  /** A process is gone. */
  died?(process: string): void;
  /** A coordinator works there from now on. */
  opened?(process: string): void;
  /** The storage lost what was written since then, and nobody alive has brought it back: an owner begins without it. */
  forgotten?(since: number): void;
  /** Once a second. */
  tick?(): void;
}
