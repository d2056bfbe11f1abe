import { describe, expect, it } from 'vitest';
import { toDevice, toDeviceDetail } from '../../../src/ajax/device.ts';
import { simpleState, toHub } from '../../../src/ajax/hub.ts';
import { upstreamError } from '../../../src/ajax/upstream-error.ts';

describe('the state of a hub', () => {
  it.each([
    ['ARMED', 'ARMED'],
    ['DISARMED', 'DISARMED'],
    ['NIGHT_MODE', 'NIGHT_MODE'],
    ['ARMED_NIGHT_MODE_ON', 'NIGHT_MODE'],
    ['ARMED_NIGHT_MODE_OFF', 'ARMED'],
    ['DISARMED_NIGHT_MODE_ON', 'NIGHT_MODE'],
    ['DISARMED_NIGHT_MODE_OFF', 'DISARMED'],
    ['PARTIALLY_ARMED_NIGHT_MODE_ON', 'NIGHT_MODE'],
    ['PARTIALLY_ARMED_NIGHT_MODE_OFF', 'ARMED'],
    ['A_STATE_OF_TOMORROW', null],
    [null, null],
    [undefined, null],
  ])('%s reads as %s to clients that know three states', (state, expected) => {
    expect(simpleState(state)).toBe(expected);
  });

  it('keeps the words of Ajax beside it, and is offline without a channel', () => {
    const hub = toHub(
      { hubId: 'A1', hubBindingRole: 'USER' },
      { id: 'A1', state: 'PARTIALLY_ARMED_NIGHT_MODE_OFF', activeChannels: [] },
    );
    expect(hub).toMatchObject({ exact_state: 'PARTIALLY_ARMED_NIGHT_MODE_OFF', online: false, role: 'USER' });
  });

  it('has every member of the contract, null where Ajax is silent', () => {
    const hub = toHub({ hubId: 'A1' }, { id: 'A1' });
    for (const name of [
      'name',
      'role',
      'state',
      'firmware',
      'ethernet',
      'battery',
      'gsm',
      'jeweller',
      'color',
    ]) {
      expect(hub).toHaveProperty(name, null);
    }
  });
});

describe('a device', () => {
  const info = { id: 'D1', deviceType: 'DoorProtect', deviceName: 'Door', roomId: 'R1' };

  it('of the list leaves out what is not known, so that no client draws an empty battery', () => {
    const device = toDevice('A1', { ...info, model: { id: 'D1', temperature: 0, signalLevel: null } });
    expect(device).toMatchObject({ temperature: 0, online: true, room_id: 'R1', groupId: null });
    for (const name of ['battery_level', 'signal_level', 'reed_closed'])
      expect(device).not.toHaveProperty(name);
  });

  it('with several switches is on when one of them is, and says which', () => {
    const device = (channelStatuses: string[]) =>
      toDevice('A1', { ...info, model: { id: 'D1', channelStatuses } });
    expect(device(['CHANNEL_2_ON'])).toMatchObject({
      switch_state: ['SWITCHED_ON'],
      channels_on: ['CHANNEL_2_ON'],
    });
    expect(device([])).toMatchObject({ switch_state: ['SWITCHED_OFF'], channels_on: [] });
  });

  it('alone has every member of the contract, null where Ajax is silent', () => {
    const detail = toDeviceDetail('A1', { id: 'D1' });
    expect(detail).toMatchObject({
      battery_level: null,
      firmware_version: null,
      bypassState: [],
      malfunctions: [],
    });
  });
});

describe('an upstream answer', () => {
  const answer = (status: number, body: unknown) => ({
    status,
    body,
    retryAfterSeconds: undefined,
    cache: undefined,
  });

  it.each([
    [503, { message: 'The hub is offline' }, 'hub_offline'],
    [503, { message: 'Command was not delivered' }, 'hub_offline'],
    [503, { message: 'Maintenance' }, 'upstream_unavailable'],
    [412, { message: 'x', rejectionReasons: [] }, 'arming_refused'],
    [412, { message: 'x' }, 'upstream_precondition_failed'],
    [418, undefined, 'upstream_error'],
    [422, 'text', 'upstream_unprocessable'],
    [404, null, 'upstream_not_found'],
  ])('%i %j keeps its meaning: %s', (status, body, code) => {
    expect(upstreamError(answer(status, body), false).code).toBe(code);
  });

  it('504 leaves the outcome of a command unknown, and is a time-out for a read', () => {
    expect(upstreamError(answer(504, {}), true).code).toBe('command_outcome_unknown');
    expect(upstreamError(answer(504, {}), false).code).toBe('upstream_timeout');
  });

  it('cannot slip a status or code of its own into the problem', () => {
    const error = upstreamError(
      answer(404, { message: 'gone', code: 'x', status: 200, messageId: 'm-1' }),
      false,
    );
    expect(error).toMatchObject({ message: 'gone', code: 'upstream_not_found' });
    expect(error.extras.members).toEqual({ upstream_status: 404, upstream_message_id: 'm-1' });
  });
});
