import type { Gateway } from '../api/gateway.ts';
import type { Hub } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';

const HUBS_INTERVAL_MS = 10_000;

export const createHubs = (gateway: Gateway): Live<readonly Hub[]> =>
  createLive((options) => gateway.hubs(options), { intervalMs: HUBS_INTERVAL_MS });
