import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../web/src/api/api-error.ts';
import { createGateway, type Page } from '../../../web/src/api/gateway.ts';
import type { HubEvent, HubLog } from '../../../web/src/api/types.ts';
import { groupByDay } from '../../../web/src/design/group-by-day.ts';
import { createEvents } from '../../../web/src/hub/create-events.ts';
import { describeEvent, readEventAtMs } from '../../../web/src/hub/describe-event.ts';

const event = (fields: Partial<HubEvent>): HubEvent => ({
  id: 'E1',
  hub_id: 'H1',
  timestamp: Date.UTC(2026, 7, 1, 9, 30),
  event_code: 'M_01_20',
  event_desc: fields.eventTag ?? 'Opened',
  user_name: 'Terrace door',
  device_name: 'Terrace door',
  transition: 'TRIGGERED',
  eventTag: 'DoorOpened',
  sourceObjectType: 'DOOR_PROTECT',
  sourceObjectId: 'D1',
  sourceRoomName: 'Living room',
  additionalData: null,
  additionalDataV2: null,
  ...fields,
});

/** A hub whose log holds `count` events, and more as they happen. */
function setUp(count: number) {
  let log = Array.from({ length: count }, (_, index) => event({ id: `old ${index}` }));
  let nowMs = 1_000_000;
  let failure: unknown;
  const asked: Page[] = [];
  const events = createEvents({
    read: async (page): Promise<HubLog> => {
      asked.push(page);
      if (failure) throw failure;
      const logs = log.slice(page.offset, page.offset + page.limit);
      const has_more = log.length > page.offset + page.limit;
      // Every answer is parsed anew: no object is the one of an earlier answer.
      return structuredClone({ logs, total_count: log.length, total_is_exact: !has_more, has_more });
    },
    now: () => nowMs,
  });
  return {
    events,
    asked,
    log: () => log.map(({ id }) => id),
    shown: () => events.entries()?.map(({ id }) => id),
    happen: (...ids: string[]) => {
      log = [...ids.toReversed().map((id) => event({ id })), ...log];
    },
    insert: (index: number, id: string) => {
      log = log.toSpliced(index, 0, event({ id }));
    },
    keep: (newest: number) => {
      log = log.slice(0, newest);
    },
    failWith: (reason: unknown) => {
      failure = reason;
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
    now: () => nowMs,
  };
}

const many = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);
const refuse = (status: number, retryAfterSeconds?: number) =>
  new ApiError({ code: 'some_code', status, detail: 'No', retryAfterSeconds });

describe('the events of a hub', () => {
  it('are not asked for before somebody looks', () => {
    const { events, asked } = setUp(3);
    expect(asked).toEqual([]);
    expect(events.entries()).toBeUndefined();
    expect(events.dueAtMs()).toBe(0);
  });

  it('come in slices down to the last one, each once', async () => {
    const { events, shown, log, asked } = setUp(60);
    await events.refresh();
    expect(shown()).toEqual(log().slice(0, 25));
    await events.loadEarlier();
    await events.loadEarlier();
    expect(shown()).toEqual(log());
    expect(events.hasMore()).toBe(false);
    await events.loadEarlier();
    expect(asked.map(({ offset }) => offset)).toEqual([0, 24, 49]);
  });

  it('that arrived meanwhile neither hide nor repeat earlier ones', async () => {
    const { events, shown, log, happen } = setUp(60);
    await events.refresh();
    happen('new 1', 'new 2', 'new 3');
    await events.loadEarlier();
    expect(shown()).toEqual(log().slice(3, 50));
    await events.refresh();
    expect(shown()).toEqual(log().slice(0, 50));
    await events.loadEarlier();
    expect(shown()).toEqual(log());
  });

  it('that arrived faster than a slice holds do not keep earlier ones from being found', async () => {
    const { events, shown, log, happen } = setUp(60);
    await events.refresh();
    happen(...many('new', 30));
    await events.loadEarlier();
    expect(shown()).toEqual(log().slice(30, 75));
    happen(...many('newer', 200));
    await events.loadEarlier();
    expect(shown()).toEqual(log().slice(0, 25));
  });

  it('never show a gap: when more arrived than a refresh reads, the log begins anew', async () => {
    const { events, shown, log, happen } = setUp(60);
    await events.refresh();
    await events.loadEarlier();
    happen(...many('new', 40));
    await events.refresh();
    expect(shown()).toEqual(log().slice(0, 25));
    expect(events.hasMore()).toBe(true);
    await events.loadEarlier();
    expect(shown()).toEqual(log().slice(0, 50));
  });

  it('are gone when the log was emptied', async () => {
    const { events, shown, keep } = setUp(60);
    await events.refresh();
    keep(0);
    await events.refresh();
    expect(shown()).toEqual([]);
    expect(events.hasMore()).toBe(false);
  });

  it('that the log has dropped are dropped here too, once it says that nothing follows', async () => {
    const { events, shown, log, keep } = setUp(60);
    await events.refresh();
    await events.loadEarlier();
    keep(10);
    await events.refresh();
    expect(shown()).toEqual(log());
    expect(events.hasMore()).toBe(false);
  });

  it('stay the same objects over a refresh, so that their rows stay the same elements', async () => {
    for (const count of [3, 60]) {
      const { events, happen } = setUp(count);
      await events.refresh();
      const first = events.entries()?.[0];
      happen('new');
      await events.refresh();
      expect(events.entries()?.[1]).toBe(first);
    }
  });

  it('without an id are told apart by what they say', async () => {
    const nameless = [1, 2, 2].map((timestamp) => event({ id: null, timestamp }));
    const events = createEvents({
      read: async () => ({ logs: nameless, total_count: 3, total_is_exact: true, has_more: false }),
      now: () => 0,
    });
    await events.refresh();
    expect(events.entries()?.map(({ timestamp }) => timestamp)).toEqual([1, 2]);
  });

  it('are refreshed and continued one after the other', async () => {
    const { events, shown, log, happen, asked } = setUp(60);
    await events.refresh();
    happen('new');
    await Promise.all([events.loadEarlier(), events.refresh(), events.refresh(), events.loadEarlier()]);
    expect(shown()).toEqual(log().slice(0, 50));
    expect(asked).toHaveLength(3);
  });

  it('that the log tells late stand where the log has them', async () => {
    const { events, shown, log, insert } = setUp(60);
    await events.refresh();
    await events.loadEarlier();
    insert(3, 'late');
    await events.refresh();
    expect(shown()).toEqual(log().slice(0, 51));
  });

  it('keep their order when a slice was shorter than asked for, or held only what is shown', async () => {
    const all = ['a', 'b', 'c', 'd'].map((id) => event({ id }));
    const slices = [all.slice(0, 2), all.slice(0, 3), all.slice(2, 3), all.slice(2, 4)];
    const events = createEvents({
      read: async () => ({
        logs: slices.shift() ?? [],
        total_count: 4,
        total_is_exact: false,
        has_more: slices.length > 0,
      }),
      now: () => 0,
    });
    await events.refresh();
    await events.refresh();
    expect(events.entries()?.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    await events.loadEarlier();
    expect(events.entries()?.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(events.hasMore()).toBe(false);
  });

  it('end where a slice is empty, whatever it promises', async () => {
    const events = createEvents({
      read: async () => ({ logs: [], total_count: 0, total_is_exact: false, has_more: true }),
      now: () => 0,
    });
    await events.refresh();
    expect(events.entries()).toEqual([]);
    expect(events.hasMore()).toBe(false);
  });
});

describe('a refresh of the events', () => {
  it('is due a minute after the last, and at once when something has happened', async () => {
    const { events, now } = setUp(3);
    await events.refresh();
    expect(events.dueAtMs()).toBe(now() + 60_000);
    expect(events.readAtMs()).toBe(now());
    events.expire();
    expect(events.dueAtMs()).toBe(0);
  });

  it('asked for while one is on its way reads once more, for it may have begun too early', async () => {
    const { events, asked } = setUp(3);
    const first = events.refresh();
    await Promise.resolve();
    await Promise.all([first, events.refresh(), events.refresh()]);
    expect(asked).toHaveLength(2);
  });

  it('that fails keeps what is shown, says why and waits as long as the gateway asks', async () => {
    const { events, shown, failWith, now, wait } = setUp(3);
    await events.refresh();
    const readAtMs = events.readAtMs();
    wait(60_000);
    const busy = refuse(429, 90);
    failWith(busy);
    await events.refresh();
    expect(shown()).toHaveLength(3);
    expect(events.error()).toBe(busy);
    expect(events.isRefreshing()).toBe(false);
    expect(events.readAtMs()).toBe(readAtMs);
    expect(events.dueAtMs()).toBe(now() + 90_000);
    failWith(undefined);
    await events.refresh();
    expect(events.error()).toBeUndefined();
    expect(events.dueAtMs()).toBe(now() + 60_000);
  });

  it.each([403, 404])('refused for good with %i is not repeated, not even after an order', async (status) => {
    const { events, failWith } = setUp(3);
    failWith(refuse(status));
    await events.refresh();
    events.expire();
    expect(events.dueAtMs()).toBeUndefined();
  });
});

describe('earlier events that cannot be read', () => {
  it('leave what is shown, say why, and come with the next try', async () => {
    const { events, shown, log, failWith } = setUp(60);
    await events.refresh();
    const busy = refuse(503);
    failWith(busy);
    await events.loadEarlier();
    expect(events.earlierError()).toBe(busy);
    expect(events.error()).toBeUndefined();
    expect(events.hasMore()).toBe(true);
    expect(events.isLoadingEarlier()).toBe(false);
    failWith(undefined);
    await events.loadEarlier();
    expect(events.earlierError()).toBeUndefined();
    expect(shown()).toEqual(log().slice(0, 50));
  });
});

describe('an event', () => {
  it.each([
    ['SmokeDetected', 'TRIGGERED', 'alarm', 'fire'],
    ['CoDetected', 'TRIGGERED', 'alarm', 'fire'],
    ['LeakageDetected', 'TRIGGERED', 'alarm', 'leak'],
    ['PanicButtonPressed', 'IMPULSE', 'alarm', 'siren'],
    ['DoorOpened', 'TRIGGERED', 'alarm', 'door'],
    ['MotionDetected', null, 'alarm', 'motion'],
    ['GlassBreakDetected', 'TRIGGERED', 'alarm', 'glass'],
    ['S1Alarm', 'TRIGGERED', 'alarm', 'siren'],
    ['TamperOpened', 'TRIGGERED', 'malfunction', 'alert'],
    ['Offline', 'TRIGGERED', 'malfunction', 'offline'],
    ['ServerConnectionLoss', 'TRIGGERED', 'malfunction', 'offline'],
    ['ExternalPowerDisconnected', 'TRIGGERED', 'malfunction', 'plug'],
    ['LowBattery', 'TRIGGERED', 'malfunction', 'alert'],
    ['NoMotionDetected', 'RECOVERED', 'recovery', 'check'],
    ['NoSmokeDetected', null, 'recovery', 'check'],
    ['DoorClosed', 'RECOVERED', 'recovery', 'check'],
    ['HubOnline', null, 'recovery', 'check'],
    ['BatteryCharged', null, 'recovery', 'check'],
    ['Tampered', 'RECOVERED', 'recovery', 'check'],
    ['SwitchedOff', 'IMPULSE', 'info', 'switch'],
    ['ValveClosed', 'IMPULSE', 'info', 'activity'],
    ['VideoMotionDetected', 'TRIGGERED', 'info', 'activity'],
    ['FireDetectorsMuted', 'IMPULSE', 'info', 'activity'],
    ['SomethingNobodyKnows', 'TRIGGERED', 'info', 'activity'],
  ] as const)('%s, %s, reads as %s', (eventTag, transition, severity, icon) => {
    expect(describeEvent(event({ eventTag, transition }))).toMatchObject({ severity, icon });
  });

  it.each([
    ['Arm', 'armed', 'RECOVERED'],
    ['Arm', 'armed'],
    ['GroupArm', 'armed'],
    ['ArmWithMalfunctions', 'partly'],
    ['PartialArm', 'partly'],
    ['ArmAttempt', 'partly'],
    ['GroupArmAttempt', 'partly'],
    ['NightModeOnAttempt', 'partly'],
    ['NightModeOnWithMalfunctions', 'night'],
    ['NightModeOff', 'disarmed'],
    ['GroupDisarm', 'disarmed'],
  ] as const)('%s is of the arming and leads to %s', (eventTag, state, transition: string = 'IMPULSE') => {
    const view = describeEvent(event({ eventTag, transition }));
    expect(view).toMatchObject({ severity: 'security', state });
  });

  it.each([
    [{ event_desc: 'Mains power lost', eventTag: 'ExternalPowerDisconnected' }, 'Mains power lost'],
    [{ eventTag: 'RelayOnByUser' }, 'Relay on by user'],
    [{ eventTag: null, event_desc: 'M_4D_2D', event_code: 'M_4D_2D' }, 'Event M_4D_2D'],
    [{ eventTag: 'Tampered', transition: 'RECOVERED' }, 'Tampered: back to normal'],
    [{ eventTag: 'DoorClosed', event_desc: 'Closed', transition: 'RECOVERED' }, 'Closed'],
    [{ eventTag: null, event_desc: '_', event_code: null }, 'Event'],
  ])('%j is called %s', (fields, title) => {
    expect(describeEvent(event(fields)).title).toBe(title);
  });

  it('names its source, its room and who gave the order, as far as they are known', () => {
    const by = (objectName: string | object) => [{ additionalDataV2Type: 'INITIATOR_INFO', objectName }];
    const origin = (fields: Partial<HubEvent>) => describeEvent(event(fields)).origin;
    expect(origin({})).toBe('Terrace door · Living room');
    expect(origin({ sourceRoomName: null, additionalDataV2: by('Marta') })).toBe('Terrace door · by Marta');
    expect(origin({ device_name: 'Marta', sourceRoomName: '', additionalDataV2: by('Marta') })).toBe('Marta');
    expect(origin({ device_name: null, sourceRoomName: null, additionalDataV2: [null, 1, ...by({})] })).toBe(
      '',
    );
  });

  it.each([null, 1e20, -1e300])('of the time %s has none, instead of breaking the page', (timestamp) => {
    expect(describeEvent(event({ timestamp })).atMs).toBeUndefined();
    const days = groupByDay([event({}), event({ timestamp })], readEventAtMs, Date.UTC(2026, 7, 9));
    expect(days.map(({ day }) => day)).toEqual(['Saturday 1 August', 'Without a date']);
  });
});

describe('asking the gateway for events', () => {
  it('names the slice and the language of the page', async () => {
    const asked: { url: string; language: string | null }[] = [];
    const fetch = async (url: string, init?: RequestInit) => {
      asked.push({ url, language: new Headers(init?.headers).get('accept-language') });
      return Response.json({ logs: [], total_count: 0, total_is_exact: true, has_more: false });
    };
    await createGateway({ fetch, fetchOnce: fetch }).events('H/1', { limit: 25, offset: 50 });
    expect(asked).toEqual([{ url: '/api/v1/ajax/hubs/H%2F1/logs?limit=25&offset=50', language: 'en' }]);
  });
});
