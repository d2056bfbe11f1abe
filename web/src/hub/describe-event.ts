import type { HubEvent } from '../api/types.ts';
import { splitWords } from './device-kind.ts';

/** How much an event matters. What nobody knows is `info`: it stays readable and alarms nobody. */
export type EventSeverity = 'alarm' | 'malfunction' | 'security' | 'recovery' | 'info';

/** What the event was about, each by the name of its icon. */
export type EventIcon =
  | 'armed'
  | 'night'
  | 'partly'
  | 'disarmed'
  | 'alert'
  | 'fire'
  | 'leak'
  | 'siren'
  | 'motion'
  | 'glass'
  | 'door'
  | 'offline'
  | 'plug'
  | 'check'
  | 'switch'
  | 'activity';

export interface EventView {
  readonly severity: EventSeverity;
  readonly icon: EventIcon;
  /** "Motion detected" */
  readonly title: string;
  /** Who or what, where, and at whose order: "Terrace door · Living room"; empty when nobody says. */
  readonly origin: string;
  /** Undefined when the event has no time a calendar can show. */
  readonly atMs: number | undefined;
  /** The state an event of the arming brought about. */
  readonly state: 'armed' | 'night' | 'partly' | 'disarmed' | undefined;
}

export const severityLabel: Readonly<Record<EventSeverity, string>> = {
  alarm: 'Alarm',
  malfunction: 'Problem',
  security: 'Security',
  recovery: 'Back to normal',
  info: 'Information',
};

type Kind = Pick<EventView, 'severity' | 'icon'> & Partial<Pick<EventView, 'state'>>;

const alarm = (icon: EventIcon): Kind => ({ severity: 'alarm', icon });
const malfunction = (icon: EventIcon): Kind => ({ severity: 'malfunction', icon });
const security = (state: 'armed' | 'night' | 'partly' | 'disarmed', icon: EventIcon = state): Kind => ({
  severity: 'security',
  icon,
  state,
});

// Tags in lower case; first match wins. "MotionDetected" is an alarm, the "VideoMotionDetected" of a camera is not.
const kindByTag: readonly (readonly [RegExp, Kind])[] = [
  [/arm(withmalfunctions)?attempt$|^nightmodeon(withmalfunctions)?attempt$/, security('partly', 'alert')],
  [/^nightmodeoff/, security('disarmed')],
  [/^nightmode/, security('night')],
  [/^(auto|group)?disarm/, security('disarmed')],
  [/^partialarm|^(auto|group)?arm.*malfunction/, security('partly')],
  [/^(auto|group)?arm/, security('armed')],
  [
    /^(smoke|co)detected$|^temperatureabovethreshold$|^rapidtemperaturerise$|fire.*alarm|smoke.*alarm/,
    alarm('fire'),
  ],
  [/^leakagedetected$/, alarm('leak')],
  [/^(panic|emergency|fire)buttonpressed$|^sos$/, alarm('siren')],
  [/^motion(detected)?$/, alarm('motion')],
  [/^glassbreakdetected$/, alarm('glass')],
  [/^(door|extcontact)opened$/, alarm('door')],
  [/alarm$|^gasdetected$/, alarm('siren')],
  [/tamper|^lidopen|^mask/, malfunction('alert')],
  [/^(hub)?offline$|connectionloss$|jamm/, malfunction('offline')],
  [/powerdisconnected$|power(supply)?loss$/, malfunction('plug')],
  [/lowbattery|batterylow|malfunction|fault$|failure$/, malfunction('alert')],
];

const restored = /^no.+detected$|(closed|restored|normal|charged|online|levelok)$/;
const switchedTag = /^(switched|turned|relay)/;

const calm: Kind = { severity: 'info', icon: 'activity' };
const recovery: Kind = { severity: 'recovery', icon: 'check' };

export function describeEvent(event: HubEvent): EventView {
  const tag = (event.eventTag || event.event_desc).toLowerCase();
  const named = kindByTag.find(([pattern]) => pattern.test(tag))?.[1];
  const kind = readKind(event, tag, named);
  const title = writeTitle(event);
  // Of tampers the tag is the same for opening and closing: the transition tells them apart.
  const isUndone = kind === recovery && named !== undefined && !restored.test(tag);
  return {
    ...kind,
    state: kind.state,
    title: isUndone ? `${title}: back to normal` : title,
    origin: writeOrigin(event),
    atMs: readEventAtMs(event),
  };
}

function readKind({ transition }: HubEvent, tag: string, named: Kind | undefined): Kind {
  if (named?.severity === 'security') return named;
  if (transition === 'RECOVERED') return recovery;
  // Nothing was wrong before an impulse: a valve that closes brings nothing back to normal.
  if (restored.test(tag) && transition !== 'IMPULSE') return recovery;
  return named ?? (switchedTag.test(tag) ? { severity: 'info', icon: 'switch' } : calm);
}

/** Undefined for a time no calendar can show: it would throw. */
export const readEventAtMs = ({ timestamp }: HubEvent): number | undefined =>
  timestamp !== null && Number.isFinite(new Date(timestamp).getTime()) ? timestamp : undefined;

/** The gateway has words for the events people meet most; other tags are split into theirs. */
function writeTitle({ event_desc: words, event_code: code }: HubEvent): string {
  if (words === code) return `Event ${code}`;
  return /\s/.test(words) ? words : splitWords(words) || 'Event';
}

function writeOrigin({ device_name, sourceRoomName, additionalDataV2 }: HubEvent): string {
  const parts = [device_name, sourceRoomName].filter(Boolean);
  const initiator = (additionalDataV2 ?? []).map(readInitiator).find(Boolean);
  if (initiator && initiator !== device_name) parts.push(`by ${initiator}`);
  return parts.join(' · ');
}

function readInitiator(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { additionalDataV2Type: type, objectName: name } = data as Record<string, unknown>;
  return type === 'INITIATOR_INFO' && typeof name === 'string' && name ? name : undefined;
}
