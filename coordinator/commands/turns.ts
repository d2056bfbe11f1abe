export interface Turns {
  /**
   * Runs `work` when everything taken before under this key has ended.
   * @throws the signal's reason when it aborts before the turn has come; whatever `work` throws
   */
  take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** First come, first served, one at a time per key; who gives up waiting holds nobody up. */
export function createTurns(): Turns {
  const tails = new Map<string, Promise<void>>();
  return {
    async take(key, signal, work) {
      const before = tails.get(key);
      let leave = () => {};
      const mine = new Promise<void>((resolve) => {
        leave = resolve;
      });
      const tail = (before ?? Promise.resolve()).then(() => mine);
      tails.set(key, tail);
      // Not before everything in front has ended, too: who gives up may be the last in a line that still moves.
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      try {
        if (before) await untilAborted(before, signal);
        return await work();
      } finally {
        leave();
      }
    },
  };
}

async function untilAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
