import type { Log } from './log.ts';

/** What a process has opened, to be closed in the opposite order. */
export interface Closers {
  add(close: () => Promise<void> | void): void;
  /** Closes everything; what fails is logged and does not keep the rest open. */
  closeAll(): Promise<void>;
}

export function createClosers(log: Log): Closers {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add(close) {
      closers.push(close);
    },
    async closeAll() {
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          log.error({ error }, 'not closed cleanly');
        }
      }
    },
  };
}
