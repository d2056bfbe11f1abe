import type { Hub } from '../api/types.ts';

const channelName: Readonly<Record<string, string>> = {
  ETHERNET: 'Ethernet',
  WIFI: 'Wi-Fi',
  GSM: 'Mobile',
};

/** "Online by Ethernet, Mobile" or "Offline". */
export function writeConnection(hub: Hub): string {
  if (!hub.online) return 'Offline';
  const channels = hub.active_channels.map((channel) => channelName[channel] ?? channel);
  return channels.length > 0 ? `Online by ${channels.join(', ')}` : 'Online';
}

/** "Hub2With4G" becomes "Hub 2 with 4G". */
export function nameHubModel(subtype: string | null): string {
  if (!subtype) return 'Hub';
  // Older hubs report HUB_2_PLUS.
  if (subtype.includes('_') || subtype === subtype.toUpperCase()) {
    return subtype
      .replace(/_/g, ' ')
      .replace(/[A-Z]{3,}/g, (word) => word.charAt(0) + word.slice(1).toLowerCase());
  }
  return subtype
    .replace(/With/g, ' with ')
    .replace(/([a-z])(\d)/g, '$1 $2')
    .replace(/(\d)([A-Z][a-z])/g, '$1 $2')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/\s+/g, ' ');
}
