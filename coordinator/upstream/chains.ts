export interface Chains {
  /** Runs `work` when nothing else runs under `key`; urgent work goes before what waits already. */
  run<T>(key: string, work: () => Promise<T>, urgent?: boolean): Promise<T>;
}

/** One thing at a time per key. */
export function createChains(): Chains {
  const waiting = new Map<string, (() => void)[]>();
  return {
    async run(key, work, urgent = false) {
      const line = waiting.get(key);
      if (line === undefined) waiting.set(key, []);
      else {
        await new Promise<void>((resolve) => {
          if (urgent) line.unshift(resolve);
          else line.push(resolve);
        });
      }
      try {
        return await work();
      } finally {
        const next = waiting.get(key)?.shift();
        if (next) next();
        else waiting.delete(key);
      }
    },
  };
}
