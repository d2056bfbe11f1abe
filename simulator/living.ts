/** Devices live: what they measure is a function of seed and time, so nothing ticks and tests choose the time. */
import type { Device, World } from './model.ts';
import { fractionOf } from './random.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Contacts decide once per slot whether to open. None opens by itself in the first slot of a world. */
const TRAFFIC_SLOT_MS = 15 * MINUTE_MS;

/** Moves smoothly between -1 and 1 as time passes. */
function drift(world: World, deviceId: string, quantity: string, periodMs: number, now: number): number {
  const position = now / periodMs;
  const step = Math.floor(position);
  const from = fractionOf(world.seed, deviceId, quantity, step);
  const to = fractionOf(world.seed, deviceId, quantity, step + 1);
  return (from + (to - from) * (position - step)) * 2 - 1;
}

/** The time natural values are taken at: a world that does not live stands still. */
const at = (world: World, now: number) => (world.living ? now : world.startedAt);

export function temperatureOf(world: World, device: Device, now: number): number {
  if (device.temperatureOverride !== undefined) return device.temperatureOverride;
  const time = at(world, now);
  // Coolest at 3 UTC, warmest at 15 UTC.
  const daily = Math.sin(((time - 9 * 60 * MINUTE_MS) / DAY_MS) * 2 * Math.PI);
  const weather = drift(world, device.id, 'temperature', 30 * MINUTE_MS, time);
  return Math.round(device.baseTemperature + 1.6 * daily + 1.2 * weather);
}

/** Whole percent; loses about one in three days. */
export function batteryOf(world: World, device: Device, now: number): number {
  if (device.batteryOverride !== undefined) return device.batteryOverride;
  const days = Math.max(0, at(world, now) - world.startedAt) / DAY_MS;
  const perDay = 0.25 + 0.2 * fractionOf(device.id, 'drain');
  return Math.max(3, Math.round(device.baseBattery - days * perDay));
}

export function signalOf(world: World, device: Device, now: number): 'WEAK' | 'NORMAL' | 'STRONG' {
  const distance = fractionOf(device.id, 'distance');
  const strength = 1 - distance + 0.15 * drift(world, device.id, 'signal', 20 * MINUTE_MS, at(world, now));
  return strength > 0.4 ? 'STRONG' : strength > 0.1 ? 'NORMAL' : 'WEAK';
}

/** When a contact that opened by itself closes again, or undefined while it is closed. */
export function naturallyOpenUntil(world: World, device: Device, now: number): number | undefined {
  const slot = Math.floor((now - world.startedAt) / TRAFFIC_SLOT_MS);
  if (!world.living || slot < 1 || fractionOf(world.seed, device.id, 'opens', slot) >= device.traffic) return;
  const opensAt =
    world.startedAt +
    slot * TRAFFIC_SLOT_MS +
    fractionOf(world.seed, device.id, 'when', slot) * (TRAFFIC_SLOT_MS - 3 * MINUTE_MS);
  const closesAt = opensAt + 15_000 + fractionOf(world.seed, device.id, 'long', slot) * 2 * MINUTE_MS;
  return opensAt <= now && now < closesAt ? closesAt : undefined;
}

/** @param armed nobody walks through an armed door; one that was open while arming stays so until it closes. */
export function isOpen(world: World, device: Device, armed: boolean, now: number): boolean {
  if (device.contact !== 'natural') return device.contact === 'open';
  if (device.heldOpenUntil > now) return true;
  return !armed && naturallyOpenUntil(world, device, now) !== undefined;
}

export interface Air {
  readonly temperature: number;
  /** Percent. */
  readonly humidity: number;
  /** Parts per million. */
  readonly co2: number;
}

export function airOf(world: World, device: Device, now: number): Air {
  const time = at(world, now);
  const occupied = Math.max(0, Math.sin(((time - 12 * 60 * MINUTE_MS) / DAY_MS) * 2 * Math.PI));
  return {
    temperature: temperatureOf(world, device, now),
    humidity: Math.round(45 + 9 * drift(world, device.id, 'humidity', 40 * MINUTE_MS, time)),
    co2: Math.round(520 + 380 * occupied + 90 * drift(world, device.id, 'co2', 25 * MINUTE_MS, time)),
  };
}

export interface Mains {
  readonly voltage: number;
  readonly milliAmperes: number;
  /** Meter reading since the device was installed. */
  readonly wattHours: number;
}

export function mainsOf(world: World, device: Device, now: number): Mains {
  const time = at(world, now);
  const voltage = Math.round(230 + 4 * drift(world, device.id, 'voltage', 10 * MINUTE_MS, time));
  const drawn = device.channels.some(Boolean)
    ? device.watts * (1 + 0.08 * drift(world, device.id, 'load', 5 * MINUTE_MS, time))
    : 0;
  const hoursSinceStart = Math.max(0, time - world.startedAt) / (60 * MINUTE_MS);
  return {
    voltage,
    milliAmperes: Math.round((drawn / voltage) * 1000),
    wattHours: Math.round(
      device.watts * (200 + 800 * fractionOf(device.id, 'meter') + 0.3 * hoursSinceStart),
    ),
  };
}
