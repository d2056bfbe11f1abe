/** What the log says about the time before the world began: three weeks of ordinary life. */
import { kindOf } from './catalogue.ts';
import * as kinds from './event-kinds.ts';
import { deviceSource, type EventKind, type EventSource, hubSource, logRow, userSource } from './events.ts';
import type { Hub, LogRow, World } from './model.ts';
import { fractionOf } from './random.ts';

const HOUR_MS = 3_600_000;
const DAYS = 21;

/** Oldest first. */
export function historyOf(world: World, hub: Hub): readonly LogRow[] {
  const rows: LogRow[] = [];
  for (let daysAgo = DAYS; daysAgo >= 1; daysAgo--) rows.push(...dayOf(world, hub, daysAgo));
  return rows.sort((one, other) => one.timestamp - other.timestamp);
}

function dayOf(world: World, hub: Hub, daysAgo: number): readonly LogRow[] {
  const chance = (what: string) => fractionOf(world.seed, hub.id, daysAgo, what);
  const person = (what: string): EventSource => {
    const armers = hub.members.filter(({ permissions }) => permissions.includes('ARM'));
    const member = armers[Math.floor(chance(what) * armers.length)];
    const account = world.accounts.find(({ userId }) => userId === member?.userId);
    return account ? userSource(account) : hubSource(hub);
  };
  /** @param hour since the beginning of that day (24 h before the next one began). */
  const row = (what: string, hour: number, kind: EventKind, source: EventSource) =>
    logRow(
      world,
      hub,
      `history-${daysAgo}-${what}`,
      kind,
      source,
      world.startedAt - daysAgo * 24 * HOUR_MS + hour * HOUR_MS,
    );

  const leaving = 1 + chance('leaving');
  const returning = 9 + 2 * chance('returning');
  const evening = 16 + 2 * chance('evening');
  const rows = [
    row('armed', leaving, kinds.securityEvents.armed, person('armed')),
    row('disarmed', returning, kinds.securityEvents.disarmed, person('disarmed')),
    row('night', evening, kinds.securityEvents.nightModeOn, person('night')),
    row('morning', evening + 5, kinds.securityEvents.disarmed, person('morning')),
  ];
  for (const device of hub.devices) {
    const kind = kindOf(device.type);
    const luck = fractionOf(world.seed, device.id, daysAgo);
    const hour = 24 * fractionOf(world.seed, device.id, daysAgo, 'hour');
    const both = (what: string, on: EventKind, off: EventKind, hours: number) =>
      rows.push(
        row(`${device.id}-${what}`, hour, on, deviceSource(device)),
        row(`${device.id}-${what}-over`, Math.min(23.99, hour + hours), off, deviceSource(device)),
      );
    if (kind.switches && luck < 0.7) {
      both('switched', kinds.switched(kind, true), kinds.switched(kind, false), 2);
    } else if (kind.contact && luck < 0.04) {
      both('opened', kinds.contactMoved(kind, true), kinds.contactMoved(kind, false), 0.02);
    } else if (kind.alarm === 'motion' && luck < 0.04) {
      both('motion', kinds.deviceAlarm(kind, 'motion', true), kinds.deviceAlarm(kind, 'motion', false), 0.01);
    } else if (!kind.mains && luck > 0.985) {
      both('lost', kinds.deviceConnection(false), kinds.deviceConnection(true), 0.4);
    }
  }
  if (chance('power') < 0.1) {
    rows.push(
      row('power', 12, kinds.hubPower(false), hubSource(hub)),
      row('power-over', 12 + chance('power'), kinds.hubPower(true), hubSource(hub)),
    );
  }
  return rows;
}
