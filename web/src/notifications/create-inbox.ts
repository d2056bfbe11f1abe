import type { Gateway } from '../api/gateway.ts';
import type { NotificationSummary } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';

// Costs the gateway no call to Ajax, and nobody waits for it.
const INBOX_INTERVAL_MS = 30_000;

export const createInbox = (gateway: Gateway): Live<NotificationSummary> =>
  createLive((options) => gateway.notifications.summary(options), { intervalMs: INBOX_INTERVAL_MS });
