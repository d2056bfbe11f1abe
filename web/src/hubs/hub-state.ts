import type { Hub } from '../api/types.ts';

export type HubState = 'armed' | 'night' | 'partly' | 'disarmed' | 'unknown';

export const hubStateLabel: Readonly<Record<HubState, string>> = {
  armed: 'Armed',
  night: 'Night mode',
  partly: 'Partly armed',
  disarmed: 'Disarmed',
  unknown: 'Unknown',
};

/**
 * With groups Ajax answers compound values. Order matters: night mode wins over the rest, and DISARMED contains ARMED.
 * A value nobody knows yet reads as unknown, never as disarmed.
 */
export function readHubState(hub: Pick<Hub, 'state' | 'exact_state'>): HubState {
  const value = (hub.exact_state ?? hub.state ?? '').toUpperCase();
  if (value === 'NIGHT_MODE' || value.includes('NIGHT_MODE_ON')) return 'night';
  if (value.startsWith('DISARMED')) return 'disarmed';
  if (value.startsWith('PARTIALLY_ARMED')) return 'partly';
  if (value.startsWith('ARMED')) return 'armed';
  return 'unknown';
}
