import { describe, expect, it } from 'vitest';
import { describeEntry } from '../../../web/src/activity/describe-entry.ts';
import { ApiError } from '../../../web/src/api/api-error.ts';
import { explainError } from '../../../web/src/api/error-words.ts';
import type { AuditEntry, Budget, Device, Hub } from '../../../web/src/api/types.ts';
import { viewBudget } from '../../../web/src/budget/budget-view.ts';
import { nameDeviceType, readDeviceKind } from '../../../web/src/hub/device-kind.ts';
import { readDeviceStatus } from '../../../web/src/hub/device-status.ts';
import { describeObstacles } from '../../../web/src/hub/rejection.ts';
import { groupByRoom } from '../../../web/src/hub/rooms-with-devices.ts';
import { writeHeadline } from '../../../web/src/hubs/headline.ts';
import { readHubState } from '../../../web/src/hubs/hub-state.ts';
import { nameHubModel } from '../../../web/src/hubs/hub-words.ts';
import { isLasting, nextPauseMs } from '../../../web/src/live/pace.ts';
import { explainSignInError } from '../../../web/src/session/create-sign-in.ts';

const device = (fields: Partial<Device>): Device =>
  ({
    id: 'D1',
    hubId: 'H1',
    name: 'Front door',
    deviceType: 'DoorProtect',
    roomId: 'R1',
    groupId: null,
    online: true,
    ...fields,
  }) as Device;

const hub = (name: string, state: string | null, online = true): Hub =>
  ({ name, state, exact_state: state, online }) as Hub;

describe('the state of a hub', () => {
  it.each([
    ['ARMED', 'armed'],
    ['ARMED_NIGHT_MODE_OFF', 'armed'],
    ['NIGHT_MODE', 'night'],
    ['ARMED_NIGHT_MODE_ON', 'night'],
    ['DISARMED_NIGHT_MODE_ON', 'night'],
    ['PARTIALLY_ARMED_NIGHT_MODE_ON', 'night'],
    ['PARTIALLY_ARMED_NIGHT_MODE_OFF', 'partly'],
    ['DISARMED', 'disarmed'],
    ['DISARMED_NIGHT_MODE_OFF', 'disarmed'],
  ] as const)('%s reads as %s', (exact, expected) => {
    expect(readHubState({ state: 'ARMED', exact_state: exact })).toBe(expected);
  });

  it('that nobody knows is never taken for disarmed', () => {
    expect(readHubState({ state: null, exact_state: null })).toBe('unknown');
    expect(readHubState({ state: null, exact_state: 'SOMETHING_NEW' })).toBe('unknown');
  });
});

describe('the headline', () => {
  it.each([
    [['ARMED'], 'A is armed.'],
    [['ARMED', 'NIGHT_MODE'], 'Everything is armed.'],
    [['DISARMED', 'DISARMED'], 'Everything is disarmed.'],
    [['ARMED', 'DISARMED', 'DISARMED'], 'One of three hubs armed.'],
    [['PARTIALLY_ARMED_NIGHT_MODE_OFF', 'DISARMED'], 'One of two hubs partly armed.'],
  ])('for %j is %s', (states, expected) => {
    expect(writeHeadline(states.map((state) => hub('A', state)))).toBe(expected);
  });

  it('says when a state is only the last one known', () => {
    expect(writeHeadline([hub('A', 'ARMED', false), hub('B', 'DISARMED')])).toBe(
      'One of two hubs armed, one offline.',
    );
  });

  it('never says that a hub without a state is disarmed', () => {
    expect(writeHeadline([hub('A', null)])).toBe('A has not reported its state.');
  });
});

describe('a device', () => {
  it.each([
    ['DoorProtectPlusFibra', 'door'],
    ['MotionCamVideoDoorbell', 'doorbell'],
    ['SuperiorMotionCamHdPhod', 'camera'],
    ['DualCurtainOutdoor', 'motion'],
    ['FireProtect2HscRbUl', 'fire'],
    ['SwitchBaseMcpFire', 'button'],
    ['LightSwitchDimmer', 'switch'],
    ['WallSwitch', 'switch'],
    ['FourChannelsRelayFibra', 'relay'],
    ['StreetSirenDoubleDeck', 'siren'],
    ['MultiTransmitterWireInput', 'wired'],
    ['NothingKnown', 'device'],
  ] as const)('%s is drawn as %s', (type, kind) => {
    expect(readDeviceKind(type)).toBe(kind);
  });

  it('of an unknown type keeps a readable name', () => {
    expect(nameDeviceType('SmokeScreen')).toBe('Smoke screen');
  });

  it('says whether the door is open', () => {
    expect(readDeviceStatus(device({ reed_closed: false }))).toMatchObject({
      reading: 'Open',
      isActive: true,
    });
    expect(readDeviceStatus(device({}))).toMatchObject({ reading: undefined, isActive: false });
  });

  it('that detects smoke says so before anything else', () => {
    const fire = { deviceType: 'FireProtect2', battery_level: 5 };
    expect(readDeviceStatus(device({ ...fire, smoke_alarm: 'SMOKE_ALARM_DETECTED' })).problems).toEqual([
      'Smoke detected',
      'Battery is low',
    ]);
    expect(readDeviceStatus(device({ smoke_alarm: 'SMOKE_ALARM_NOT_DETECTED' })).problems).toEqual([]);
  });

  it('names each problem once', () => {
    const { problems } = readDeviceStatus(device({ battery_level: 5, malfunctions: ['LOW_BATTERY', 'X_Y'] }));
    expect(problems).toEqual(['Battery is low', 'X y']);
  });

  it('of no known room is listed last, not lost', () => {
    const rooms = groupByRoom(
      [{ id: 'R1', roomName: 'Hall', imageUrls: null }],
      [device({ roomId: 'gone' }), device({})],
    );
    expect(rooms.map((room) => room.name)).toEqual(['Hall', 'Without a room']);
  });

  it('that prevents arming is named once, in words', () => {
    const reason = { source_type: 'DoorProtect', source_id: 'D1', code: '20' };
    expect(describeObstacles([reason, reason], [device({ reed_closed: false })])).toEqual([
      { name: 'Front door', problem: 'Open', deviceType: 'DoorProtect' },
    ]);
    expect(describeObstacles([reason], [])).toMatchObject([{ name: 'Opening detector' }]);
  });
});

describe('the model of a hub', () => {
  it.each([
    ['Hub2With4G', 'Hub 2 with 4G'],
    ['HUB_2_PLUS', 'Hub 2 Plus'],
    ['Hub2Plus', 'Hub 2 Plus'],
  ])('%s is written %s', (subtype, expected) => {
    expect(nameHubModel(subtype)).toBe(expected);
  });
});

describe('the pace of reading', () => {
  const busy = new ApiError({ code: 'busy', status: 429, detail: '', retryAfterSeconds: 45 });

  it('follows the gateway when it asks for less, never when it asks for more', () => {
    expect(nextPauseMs({ intervalMs: 10_000, suggestedIntervalMs: 25_000 })).toBe(25_000);
    expect(nextPauseMs({ intervalMs: 10_000, suggestedIntervalMs: 1000 })).toBe(10_000);
  });

  it('slows to a third at most: somebody is looking', () => {
    expect(nextPauseMs({ intervalMs: 10_000, suggestedIntervalMs: 1_800_000 })).toBe(30_000);
  });

  it('lasts for an hour of the smallest quota, and is never faster for it', () => {
    const quota = (minute: number, hour: number) => [
      { name: 'minute', left: minute, resetMs: 30_000 },
      { name: 'hour', left: hour, resetMs: 1_800_000 },
    ];
    const pauseMs = (minute: number, hour: number) =>
      nextPauseMs({ intervalMs: 10_000, suggestedIntervalMs: 30_000, quotaLeft: quota(minute, hour) });
    expect(pauseMs(9, 90)).toBe(30_000);
    expect(pauseMs(9, 30)).toBe(60_000);
    expect(pauseMs(0, 0)).toBe(1_800_000);
  });

  it('honours Retry-After and backs off while reading fails', () => {
    expect(nextPauseMs({ intervalMs: 10_000, failuresInARow: 1, error: busy })).toBe(45_000);
    expect(nextPauseMs({ intervalMs: 10_000, failuresInARow: 3, error: undefined })).toBe(40_000);
    expect(nextPauseMs({ intervalMs: 10_000, failuresInARow: 30, error: undefined })).toBe(120_000);
  });

  it('stops at a refusal that asking again cannot change', () => {
    expect(isLasting(new ApiError({ code: 'plan_required', status: 403, detail: '' }))).toBe(true);
    expect(isLasting(busy)).toBe(false);
  });
});

describe('the budget', () => {
  const budget: Budget = {
    limit: 100,
    window_seconds: 60,
    used: 30,
    waiting: 0,
    mine: { used: 10, waiting: 0 },
    predicted_wait_ms: 0,
  };

  it('tells mine from others', () => {
    expect(viewBudget(budget)).toMatchObject({ free: 70, others: 20, pressure: 'calm' });
  });

  it('says how long the next request waits', () => {
    expect(viewBudget({ ...budget, used: 100, predicted_wait_ms: 6400 })).toMatchObject({
      pressure: 'full',
      sentence: 'Your next request waits about 7 s.',
    });
  });
});

describe('a sign-in that fails', () => {
  it('blames the password only when Ajax refused it', () => {
    const mistake = explainSignInError(new ApiError({ code: 'login_failed', status: 401, detail: 'no' }));
    expect(mistake.isMistake).toBe(true);
    const outage = explainSignInError(
      new ApiError({ code: 'upstream', status: 502, detail: 'Ajax is down.' }),
    );
    expect(outage).toMatchObject({ isMistake: false, text: 'Ajax is down.' });
  });

  it.each(['budget_exhausted', 'upstream_throttled'])('for %s blames nobody and says when', (code) => {
    const busy = { code, status: 429, detail: 'Too much work is waiting' };
    expect(explainSignInError(new ApiError({ ...busy, retryAfterSeconds: 25 }))).toEqual({
      title: 'One moment, please',
      text: 'Sign-ins are limited so that everybody gets a turn. Try again in 25 seconds.',
      isMistake: false,
    });
    expect(explainSignInError(new ApiError(busy)).text).toBe(
      'Sign-ins are limited so that everybody gets a turn.',
    );
  });

  it('that is locked says how long, in minutes rather than in the time zone of the gateway', () => {
    const locked = explainSignInError(
      new ApiError({
        code: 'sign_in_locked',
        status: 403,
        detail: 'Too many failed attempts to sign in. The next one is possible at 2026-08-01 09:45:00 UTC.',
        retryAfterSeconds: 842,
      }),
    );
    expect(locked).toEqual({
      title: 'Locked for a while',
      text: 'There were too many failed attempts to sign in. Try again in 15 minutes.',
      isMistake: false,
    });
  });

  it('for an account that may not sign in does not talk of waiting', () => {
    const disabled = explainSignInError(
      new ApiError({ code: 'account_disabled', status: 403, detail: 'This account is disabled' }),
    );
    expect(disabled).toMatchObject({
      title: 'Signing in is not possible here',
      text: 'This account is disabled.',
    });
  });
});

describe('an error in words', () => {
  it.each([
    ['Ajax is down', undefined, 'Ajax is down.'],
    ['Ajax is down.', 1, 'Ajax is down. Try again in 1 second.'],
    ['Ajax is down', 0.2, 'Ajax is down. Try again in 1 second.'],
    [' Who is there? ', 25, 'Who is there? Try again in 25 seconds.'],
    ['Ajax is down', 0, 'Ajax is down.'],
    ['Ajax is down', 91, 'Ajax is down. Try again in 2 minutes.'],
    ['', 25, 'Try again in 25 seconds.'],
  ])('%j with a wait of %s is whole sentences', (detail, retryAfterSeconds, expected) => {
    expect(explainError(new ApiError({ code: 'busy', status: 503, detail, retryAfterSeconds }))).toBe(
      expected,
    );
  });

  it('that is none of the gateway says no more than it knows', () => {
    expect(explainError(new TypeError('x is undefined'))).toBe('Something unexpected happened.');
  });
});

describe('an entry of the activity', () => {
  const entry = (fields: Partial<AuditEntry>) =>
    describeEntry(
      {
        method: 'POST',
        endpoint: '/api/v1/ajax/hubs/H1/arm-state',
        status_code: 200,
        ...fields,
      } as AuditEntry,
      () => 'Home',
    );

  it.each([
    [{ action: 'hub.arm' }, 'Arm Home', 'done'],
    [{ action: 'group.disarm', status_code: 412 }, 'Disarm a group of Home', 'refused'],
    [{ action: 'hub.arm', outcome: 'unknown', status_code: 504 }, 'Arm Home', 'unknown'],
    [{ action: 'hub.arm', outcome: null, status_code: null }, 'Arm Home', 'running'],
    [{ action: 'hub.arm', outcome: 'done', status_code: 202 }, 'Arm Home', 'done'],
    [{ action: 'hub.arm', outcome: 'failed', status_code: 202 }, 'Arm Home', 'failed'],
    [{ action: 'hub.arm', outcome: 'unknown', status_code: 202 }, 'Arm Home', 'unknown'],
    [{ action: 'hub.arm', outcome: 'in_progress', status_code: 202 }, 'Arm Home', 'unknown'],
    [{ action: 'hub.arm', outcome: 'accepted', status_code: 202 }, 'Arm Home', 'unknown'],
    [{ action: 'hub.arm', outcome: 'not_executed', status_code: 202 }, 'Arm Home', 'unsent'],
    [{ action: 'hub.arm', outcome: 'not_executed', status_code: 429 }, 'Arm Home', 'unsent'],
    [{ action: 'hub.arm', outcome: 'replayed', status_code: 200 }, 'Arm Home', 'replayed'],
    [{ action: 'hub.arm', outcome: 'replayed', status_code: 504 }, 'Arm Home', 'replayed'],
    [{ action: 'command.cancel', method: 'DELETE' }, 'Cancel an order', 'done'],
    [{ action: 'session.login', status_code: 401 }, 'Sign-in', 'refused'],
    [{ action: 'voucher.redeem', status_code: 503 }, 'Voucher redeem', 'failed'],
  ] as const)('%j reads as %s, %s', (fields, title, result) => {
    expect(entry(fields)).toMatchObject({ title, result });
  });
});
