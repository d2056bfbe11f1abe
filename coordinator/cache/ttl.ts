/** Seconds that reads stay valid; 0 keeps them out of the cache. */
export interface CacheTtls {
  readonly hubs: number;
  readonly hub: number;
  readonly devices: number;
  readonly device: number;
  readonly rooms: number;
  readonly groups: number;
}

const USER_SECONDS = 600;

/** Ms a read may be cached, by its path below `/user/{userId}`; everything not named here is not cached. */
export function ttlMs(ttls: CacheTtls, [kind, hub, collection, id, ...more]: readonly string[]): number {
  if (kind === undefined) return USER_SECONDS * 1_000;
  if (kind !== 'hubs' || more.length > 0) return 0;
  if (hub === undefined) return ttls.hubs * 1_000;
  switch (collection) {
    case undefined:
      return ttls.hub * 1_000;
    case 'devices':
      return (id === undefined ? ttls.devices : ttls.device) * 1_000;
    case 'rooms':
      return ttls.rooms * 1_000;
    case 'groups':
      return ttls.groups * 1_000;
    default:
      return 0;
  }
}

/** Stale answers are at most ten times as old as fresh ones, and never older than an hour. */
const STALE_FACTOR = 10;
const LONGEST_STALE_MS = 60 * 60_000;

/** Ms a read may be served, marked as stale, while the budget or Ajax is exhausted. */
export function staleMs(ttls: CacheTtls, segments: readonly string[]): number {
  return Math.min(ttlMs(ttls, segments) * STALE_FACTOR, LONGEST_STALE_MS);
}
