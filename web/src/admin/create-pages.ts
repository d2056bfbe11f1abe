import { type Accessor, createSignal } from 'solid-js';
import type { Listed } from '../api/admin-calls.ts';

export interface Pages<T> {
  readonly entries: Accessor<readonly T[] | undefined>;
  readonly error: Accessor<unknown>;
  readonly isBusy: Accessor<boolean>;
  readonly hasMore: Accessor<boolean>;
  readonly loadMore: () => Promise<void>;
  /** From the first page on, keeping what is shown until the answer is there. */
  readonly reload: () => Promise<void>;
}

/** A list that is read page by page. An answer to an older question is dropped. */
export function createPages<T>(read: (beforeId: string | undefined) => Promise<Listed<T>>): Pages<T> {
  const [entries, setEntries] = createSignal<readonly T[]>();
  const [error, setError] = createSignal<unknown>();
  const [isBusy, setBusy] = createSignal(false);
  const [next, setNext] = createSignal<string | null>(null);
  let latest = 0;

  async function load(beforeId: string | undefined): Promise<void> {
    latest += 1;
    const turn = latest;
    setBusy(true);
    setError(undefined);
    try {
      const page = await read(beforeId);
      if (turn !== latest) return;
      setEntries(beforeId === undefined ? page.entries : [...(entries() ?? []), ...page.entries]);
      setNext(page.nextBeforeId);
    } catch (reason) {
      if (turn === latest) setError(reason);
    } finally {
      if (turn === latest) setBusy(false);
    }
  }

  void load(undefined);
  return {
    entries,
    error,
    isBusy,
    hasMore: () => next() !== null,
    loadMore: async () => {
      if (!isBusy()) await load(next() ?? undefined);
    },
    reload: () => load(undefined),
  };
}
