import { type Accessor, createSignal, onMount } from 'solid-js';
import type { Gateway } from '../api/gateway.ts';
import type { AuditEntry } from '../api/types.ts';

export interface Activity {
  readonly entries: Accessor<readonly AuditEntry[] | undefined>;
  readonly error: Accessor<unknown>;
  readonly isBusy: Accessor<boolean>;
  readonly hasMore: Accessor<boolean>;
  readonly loadMore: () => Promise<void>;
  readonly nameOfHub: (hubId: string) => string | undefined;
}

const PAGE_SIZE = 50;

export function createActivity(gateway: Gateway): Activity {
  const [entries, setEntries] = createSignal<readonly AuditEntry[]>();
  const [error, setError] = createSignal<unknown>();
  const [isBusy, setBusy] = createSignal(false);
  const [hasMore, setHasMore] = createSignal(false);
  const [hubNames, setHubNames] = createSignal<ReadonlyMap<string, string>>();

  async function loadMore(): Promise<void> {
    if (isBusy()) return;
    setBusy(true);
    setError(undefined);
    try {
      const shown = entries() ?? [];
      const page = await gateway.auditLog({ limit: PAGE_SIZE, offset: shown.length });
      // Entries written meanwhile push older ones onto the next page: show each once.
      const known = new Set(shown.map((entry) => entry.id));
      setEntries([...shown, ...page.filter((entry) => !known.has(entry.id))]);
      setHasMore(page.length === PAGE_SIZE);
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  }

  /** While the names are on their way an id would only flash by. */
  const nameOfHub = (hubId: string): string | undefined => {
    const names = hubNames();
    return names ? names.get(hubId) : 'your hub';
  };

  onMount(() => {
    void loadMore();
    // Names make entries readable; without them the ids stand in.
    gateway.hubs().then(
      ({ data }) => setHubNames(new Map(data.map((hub) => [hub.id, hub.name]))),
      () => setHubNames(new Map()),
    );
  });

  return { entries, error, isBusy, hasMore, loadMore, nameOfHub };
}
