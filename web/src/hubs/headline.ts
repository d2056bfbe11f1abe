import type { Hub } from '../api/types.ts';
import { type HubState, readHubState } from './hub-state.ts';

const numberWords = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

const inWords = (count: number): string => numberWords[count] ?? String(count);

const isProtecting = (state: HubState): boolean => state === 'armed' || state === 'night';

/** The one sentence somebody glances at the overview for. */
export function writeHeadline(hubs: readonly Hub[]): string {
  const only = hubs.length === 1 ? hubs[0] : undefined;
  if (only) return writeSingleHeadline(only);

  const offline = hubs.filter((hub) => !hub.online && !hub.unavailable).length;
  const suffix = offline > 0 ? `, ${inWords(offline).toLowerCase()} offline.` : '.';
  return writeStates(hubs) + suffix;
}

function writeStates(hubs: readonly Hub[]): string {
  const states = hubs.map(readHubState);
  const armed = states.filter(isProtecting).length;
  if (armed === hubs.length) return 'Everything is armed';
  if (states.every((state) => state === 'disarmed')) return 'Everything is disarmed';
  const partly = states.filter((state) => state === 'partly').length;
  if (armed === 0 && partly > 0)
    return `${inWords(partly)} of ${inWords(hubs.length).toLowerCase()} hubs partly armed`;
  return `${inWords(armed)} of ${inWords(hubs.length).toLowerCase()} hubs armed`;
}

function writeSingleHeadline(hub: Hub): string {
  switch (readHubState(hub)) {
    case 'armed':
      return `${hub.name} is armed.`;
    case 'night':
      return `${hub.name} is in night mode.`;
    case 'partly':
      return `${hub.name} is partly armed.`;
    case 'disarmed':
      return `${hub.name} is disarmed.`;
    case 'unknown':
      return `${hub.name} has not reported its state.`;
  }
}
