import type { z } from '@hono/zod-openapi';
import type { UpstreamHub, UpstreamHubBinding } from '../../coordinator/contract/upstream.ts';
import type { hubSchema } from './schema.ts';

export type Hub = z.infer<typeof hubSchema>;
export type HubState = NonNullable<Hub['state']>;

/**
 * Existing clients know three states and draw anything else as disarmed, so the states of hubs with groups are
 * mapped onto them: a partly armed hub never reads as disarmed. The order matters: DISARMED contains ARMED.
 */
export function simpleState(state: string | null | undefined): HubState | null {
  if (!state) return null;
  if (state === 'NIGHT_MODE' || state.endsWith('NIGHT_MODE_ON')) return 'NIGHT_MODE';
  if (state.startsWith('DISARMED')) return 'DISARMED';
  return state.startsWith('ARMED') || state.startsWith('PARTIALLY_ARMED') ? 'ARMED' : null;
}

/** Secrets inside a hub (Wi-Fi and SIM credentials, address, IMEI) stay out because every field is named here. */
export function toHub(binding: UpstreamHubBinding, hub: UpstreamHub): Hub {
  const { firmware, ethernet, battery, gsm, jeweller } = hub;
  return {
    id: hub.id,
    name: hub.name ?? null,
    role: binding.hubBindingRole ?? null,
    online: (hub.activeChannels ?? []).length > 0,
    state: simpleState(hub.state),
    exact_state: hub.state ?? null,
    groups_enabled: hub.groupsEnabled ?? null,
    active_channels: hub.activeChannels ?? [],
    alarm_condition: hub.alarmCondition ?? [],
    malfunctions: hub.hubMalfunctions ?? [],
    hub_subtype: hub.hubSubtype ?? null,
    timeZone: hub.timeZone ?? null,
    color: hub.color ?? null,
    externallyPowered: hub.externallyPowered ?? null,
    tampered: hub.tampered ?? null,
    firmware: firmware
      ? {
          version: firmware.version ?? null,
          newVersionAvailable: firmware.newVersionAvailable ?? null,
          latestAvailableVersion: firmware.latestAvailableVersion ?? null,
          autoupdateEnabled: firmware.autoupdateEnabled ?? null,
        }
      : null,
    ethernet: ethernet
      ? {
          enabled: ethernet.enabled ?? null,
          ip: ethernet.ip ?? null,
          mask: ethernet.mask ?? null,
          gate: ethernet.gate ?? null,
          dns: ethernet.dns ?? null,
          dhcp: ethernet.dhcp ?? null,
        }
      : null,
    battery: battery
      ? { chargeLevelPercentage: battery.chargeLevelPercentage ?? null, state: battery.state ?? null }
      : null,
    gsm: gsm
      ? {
          signalLevel: gsm.signalLevel ?? null,
          gprsEnabled: typeof gsm.gprsEnabled === 'boolean' ? gsm.gprsEnabled : null,
          simCardState: gsm.simCardState ?? null,
          networkStatus: gsm.networkStatus ?? null,
          activeSimCard: scalar(gsm.activeSimCard),
        }
      : null,
    jeweller: jeweller
      ? {
          detectorPingIntervalSeconds: jeweller.detectorPingIntervalSeconds ?? null,
          lostHeartbeatsThreshold: jeweller.lostHeartbeatsThreshold ?? null,
        }
      : null,
    unavailable: null,
  };
}

function scalar(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** A hub whose detail could not be read: it stays in the list, and says why it is empty. */
export function toUnreadableHub(binding: UpstreamHubBinding, code: string): Hub {
  return { ...toHub(binding, { id: binding.hubId }), unavailable: code };
}
