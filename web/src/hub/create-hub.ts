import { type Accessor, createEffect, createMemo, on, onCleanup } from 'solid-js';
import type { Device, Group, Hub, Room } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';
import type { Session } from '../session/create-session.ts';
import { hasReached } from './arm-order.ts';
import { type Arming, type ArmingControl, createArming } from './create-arming.ts';
import { createEvents, type Events } from './create-events.ts';

export interface HubControl {
  readonly hub: Live<Hub>;
  /** Undefined when the plan does not include them. */
  readonly groups: Live<readonly Group[]> | undefined;
  readonly rooms: Live<readonly Room[]> | undefined;
  readonly devices: Live<readonly Device[]> | undefined;
  readonly events: Events | undefined;
  /** The groups while the hub works with them, else none. */
  readonly activeGroups: Accessor<readonly Group[]>;
  readonly arming: ArmingControl;
}

const HUB_INTERVAL_MS = 10_000;
// The gateway keeps devices for 30 s and rooms for 10 min; asking sooner brings nothing new.
const DEVICES_INTERVAL_MS = 30_000;
const ROOMS_INTERVAL_MS = 600_000;

/** Ends of an order that Ajax writes into the log, or may have. */
const loggedSteps: readonly Arming['step'][] = ['done', 'refused', 'unknown'];

/** Everything one hub's page shows. Belongs to the page; a page of another hub makes its own. */
export function createHub({ gateway, can }: Session, hubId: string): HubControl {
  const hub = createLive((options) => gateway.hub(hubId, options), { intervalMs: HUB_INTERVAL_MS });
  const groups = can('read_groups')
    ? createLive((options) => gateway.groups(hubId, options), { intervalMs: HUB_INTERVAL_MS, after: hub })
    : undefined;
  const rooms = can('read_rooms')
    ? createLive((options) => gateway.rooms(hubId, options), { intervalMs: ROOMS_INTERVAL_MS, after: hub })
    : undefined;
  const devices = can('read_devices')
    ? createLive((options) => gateway.devices(hubId, options), {
        intervalMs: DEVICES_INTERVAL_MS,
        after: hub,
      })
    : undefined;

  const activeGroups = createMemo(() => (hub.data()?.groups_enabled ? (groups?.data() ?? []) : []));

  const arming = createArming({
    send: (command) => gateway.arm(hubId, command),
    receipt: (commandId) => gateway.command(commandId),
    confirm: async (order) => {
      const [isHubRead, areGroupsRead = false] = await Promise.all([
        hub.refresh({ fresh: true }),
        hub.data()?.groups_enabled ? groups?.refresh({ fresh: true }) : undefined,
      ]);
      if (!(order.group ? areGroupsRead : isHubRead)) return 'unread';
      if (order.group) {
        const state = groups?.data()?.find((group) => group.id === order.group?.id)?.state;
        return state === (order.armState === 0 ? 'DISARMED' : 'ARMED') ? 'reached' : 'not_reached';
      }
      const current = hub.data();
      return current !== undefined && hasReached(order, current) ? 'reached' : 'not_reached';
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => Date.now(),
  });

  const gone = new AbortController();
  onCleanup(() => gone.abort());
  const events = can('read_logs')
    ? createEvents({
        read: (page) => gateway.events(hubId, { ...page, signal: gone.signal }),
        now: () => Date.now(),
      })
    : undefined;
  createEffect(
    on(
      () => arming.arming().step,
      (step) => {
        if (loggedSteps.includes(step)) events?.expire();
      },
    ),
  );

  return { hub, groups, rooms, devices, events, activeGroups, arming };
}
