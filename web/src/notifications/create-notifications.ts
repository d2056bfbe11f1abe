import { type Accessor, createEffect, createSignal, on } from 'solid-js';
import type { Gateway } from '../api/gateway.ts';
import type { Notification, NotificationSummary } from '../api/types.ts';
import type { Live } from '../live/create-live.ts';

export interface Notifications {
  readonly entries: Accessor<readonly Notification[] | undefined>;
  readonly error: Accessor<unknown>;
  readonly isBusy: Accessor<boolean>;
  readonly hasMore: Accessor<boolean>;
  readonly unreadOnly: Accessor<boolean>;
  readonly showUnreadOnly: (unreadOnly: boolean) => void;
  readonly loadMore: () => Promise<void>;
  readonly markRead: (id: string) => Promise<void>;
  readonly markAllRead: () => Promise<void>;
}

const PAGE_SIZE = 30;

/** The list of a page, which takes in what the bell learns meanwhile. */
export function createNotifications(gateway: Gateway, inbox: Live<NotificationSummary>): Notifications {
  const [entries, setEntries] = createSignal<readonly Notification[]>();
  const [error, setError] = createSignal<unknown>();
  const [isBusy, setBusy] = createSignal(false);
  const [hasMore, setHasMore] = createSignal(false);
  const [unreadOnly, setUnreadOnly] = createSignal(false);
  let turn = 0;

  async function loadMore(): Promise<void> {
    if (isBusy()) return;
    setBusy(true);
    setError(undefined);
    const mine = turn;
    try {
      const before = entries()?.at(-1)?.id;
      const page = await gateway.notifications.list({ limit: PAGE_SIZE, before, unreadOnly: unreadOnly() });
      if (mine !== turn) return;
      setEntries([...(entries() ?? []), ...page]);
      setHasMore(page.length === PAGE_SIZE);
    } catch (reason) {
      if (mine === turn) setError(reason);
    } finally {
      if (mine === turn) setBusy(false);
    }
  }

  function showUnreadOnly(next: boolean): void {
    turn += 1;
    setUnreadOnly(next);
    setEntries(undefined);
    setHasMore(false);
    setBusy(false);
    void loadMore();
  }

  /** What was read stays where it is until the list is asked for anew: nothing jumps away under a finger. */
  const mark = (isMeant: (entry: Notification) => boolean): void =>
    void setEntries((shown) =>
      shown?.map((entry) => (isMeant(entry) && !entry.is_read ? { ...entry, is_read: true } : entry)),
    );

  async function changing(change: () => Promise<unknown>): Promise<void> {
    setError(undefined);
    try {
      await change();
    } catch (reason) {
      setError(reason);
    }
    await inbox.refresh();
  }

  // Ids grow with time, so what is newer than the first comes before it.
  createEffect(
    on(inbox.readAtMs, () => {
      const shown = entries();
      const newest = inbox.data()?.notifications;
      if (shown === undefined || newest === undefined) return;
      const first = shown[0]?.id ?? '';
      const fresh = newest.filter(({ id, is_read }) => id > first && !(unreadOnly() && is_read));
      if (fresh.length > 0) setEntries([...fresh, ...shown]);
    }),
  );

  void loadMore();
  return {
    entries,
    error,
    isBusy,
    hasMore,
    unreadOnly,
    showUnreadOnly,
    loadMore,
    markRead: (id) =>
      changing(async () => {
        await gateway.notifications.markRead(id);
        mark((entry) => entry.id === id);
      }),
    markAllRead: () =>
      changing(async () => {
        await gateway.notifications.markAllRead();
        mark(() => true);
      }),
  };
}
