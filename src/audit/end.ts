/** How a mutation ended (promise P6). */
export interface End {
  /**
   * `replayed`: the answer was that of an earlier command, and nothing was sent. `accepted`, `in_progress`: as far as
   * it had come when it was followed no longer.
   */
  readonly outcome: 'done' | 'in_progress' | 'accepted' | 'not_executed' | 'unknown' | 'failed' | 'replayed';
  /** What the caller was answered with. */
  readonly statusCode: number;
  /** Members that were not known before the answer; they take the place of those of the intent. Redacted. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** True while the mutation goes on. */
export const isRunning = ({ outcome }: End): boolean => outcome === 'accepted' || outcome === 'in_progress';
