import { describe, expect, test } from 'vitest';
import { simulatorAt } from './client.ts';

const arm = (command: string, ignoreProblems = false) => ({ command, ignoreProblems });

async function home() {
  const world = simulatorAt();
  const hub = world.hubId('Linden Street 12');
  const send = await world.as('demo');
  const arming = (command: string, ignoreProblems = false) =>
    send('PUT', `/hubs/${hub}/commands/arming`, arm(command, ignoreProblems));
  return { ...world, hub, send, arming, state: () => world.control.hub(hub).state };
}

async function shop() {
  const world = simulatorAt();
  const hub = world.hubId('Lumen Coffee');
  const send = await world.as('demo');
  const groupId = (name: string) => world.control.hub(hub).groups.find((group) => group.name === name)?.id;
  return {
    ...world,
    hub,
    send,
    arming: (command: string) => send('PUT', `/hubs/${hub}/commands/arming`, arm(command)),
    groupArming: (name: string, command: string, ignoreProblems = false) =>
      send('PUT', `/hubs/${hub}/groups/${groupId(name)}/commands/arming`, arm(command, ignoreProblems)),
    state: () => world.control.hub(hub).state,
  };
}

describe('without groups', () => {
  test.each([
    ['DISARMED', 'ARM', 'ARMED'],
    ['DISARMED', 'NIGHT_MODE_ON', 'NIGHT_MODE'],
    ['DISARMED', 'DISARM', 'DISARMED'],
    ['ARMED', 'ARM', 'ARMED'],
    ['ARMED', 'DISARM', 'DISARMED'],
    ['ARMED', 'NIGHT_MODE_ON', 'NIGHT_MODE'],
    ['NIGHT_MODE', 'ARM', 'ARMED'],
    ['NIGHT_MODE', 'DISARM', 'DISARMED'],
  ])('%s, then %s, is %s', async (before, command, after) => {
    const { control, hub, arming, state } = await home();
    control.setHubState(hub, before);
    expect((await arming(command)).status).toBe(204);
    expect(state()).toBe(after);
  });

  test('NIGHT_MODE_OFF is refused: it exists with groups only', async () => {
    const { arming, state, control, hub } = await home();
    control.setHubState(hub, 'NIGHT_MODE');
    expect((await arming('NIGHT_MODE_OFF')).status).toBe(400);
    expect(state()).toBe('NIGHT_MODE');
  });

  test.each([
    ['an unknown command', { command: 'PANIC', ignoreProblems: false }],
    ['a missing flag', { command: 'ARM' }],
    ['a flag that is no boolean', { command: 'ARM', ignoreProblems: 'yes' }],
  ])('%s is 422', async (_, body) => {
    const { send, hub, state } = await home();
    expect((await send('PUT', `/hubs/${hub}/commands/arming`, body)).status).toBe(422);
    expect(state()).toBe('DISARMED');
  });

  test('malformed JSON is 400', async () => {
    const { send, hub } = await home();
    expect((await send('PUT', `/hubs/${hub}/commands/arming`, '{"command"')).status).toBe(400);
  });

  test('arming twice writes one row of log', async () => {
    const { arming, control, hub } = await home();
    const before = control.log(hub).length;
    await arming('ARM');
    await arming('ARM');
    expect(control.log(hub).length).toBe(before + 1);
  });

  test('only devices of the night watch in night mode', async () => {
    const { arming, control, hub } = await home();
    await arming('NIGHT_MODE_ON');
    const armed = control.hub(hub).devices.filter((device) => device.armed);
    expect(armed.map(({ name }) => name)).toEqual([
      'Front door',
      'Terrace glass',
      'Terrace door',
      'Bedroom window',
      'Garage motion',
    ]);
  });
});

describe('with groups', () => {
  test('the hub tells how many groups are armed', async () => {
    const { groupArming, state } = await shop();
    expect(state()).toBe('PARTIALLY_ARMED_NIGHT_MODE_OFF');
    expect((await groupArming('Roastery', 'DISARM')).status).toBe(204);
    expect(state()).toBe('DISARMED_NIGHT_MODE_OFF');
    for (const name of ['Roastery', 'Sales floor', 'Office']) await groupArming(name, 'ARM');
    expect(state()).toBe('ARMED_NIGHT_MODE_OFF');
  });

  test('the hub arms and disarms all groups', async () => {
    const { arming, state } = await shop();
    await arming('ARM');
    expect(state()).toBe('ARMED_NIGHT_MODE_OFF');
    await arming('DISARM');
    expect(state()).toBe('DISARMED_NIGHT_MODE_OFF');
  });

  test('a group that is not involved keeps out of it', async () => {
    const { arming, state, send, hub, control } = await shop();
    const office = control.hub(hub).groups.find(({ name }) => name === 'Office')?.id;
    const update = { groupName: 'Office', bulkArmInvolved: false, bulkDisarmInvolved: true };
    expect((await send('PUT', `/hubs/${hub}/groups/${office}`, update)).status).toBe(204);
    await arming('ARM');
    expect(state()).toBe('PARTIALLY_ARMED_NIGHT_MODE_OFF');
  });

  test('night mode is apart from the groups and can be switched off', async () => {
    const { arming, state } = await shop();
    await arming('NIGHT_MODE_ON');
    expect(state()).toBe('PARTIALLY_ARMED_NIGHT_MODE_ON');
    expect((await arming('NIGHT_MODE_OFF')).status).toBe(204);
    expect(state()).toBe('PARTIALLY_ARMED_NIGHT_MODE_OFF');
  });

  test.each(['NIGHT_MODE_ON', 'NIGHT_MODE_OFF', 'arm'])('a group refuses %s with 422', async (command) => {
    const { groupArming } = await shop();
    expect((await groupArming('Office', command)).status).toBe(422);
  });

  test('an unknown group is 404', async () => {
    const { send, hub } = await shop();
    expect((await send('PUT', `/hubs/${hub}/groups/00/commands/arming`, arm('ARM'))).status).toBe(404);
  });

  test('a problem in another group does not matter', async () => {
    const { groupArming, control, deviceId, hub } = await shop();
    control.openDoor(deviceId(hub, 'Shop entrance'));
    expect((await groupArming('Office', 'ARM')).status).toBe(204);
    expect((await groupArming('Sales floor', 'ARM')).status).toBe(412);
  });

  test('groups mode changes only while disarmed, and shows in the state', async () => {
    const { send, hub, arming, state } = await shop();
    const mode = (groupsMode: string) => send('PUT', `/hubs/${hub}/commands/groupsMode`, { groupsMode });
    expect((await mode('OFF')).status).toBe(412);
    await arming('DISARM');
    expect((await mode('OFF')).status).toBe(204);
    expect(state()).toBe('DISARMED');
    expect((await mode('ON')).status).toBe(204);
    expect(state()).toBe('DISARMED_NIGHT_MODE_OFF');
    expect((await mode('MAYBE')).status).toBe(422);
  });

  test('groups mode needs every device in a group', async () => {
    const { send, hub } = await home();
    expect((await send('PUT', `/hubs/${hub}/commands/groupsMode`, { groupsMode: 'ON' })).status).toBe(412);
  });
});

describe('problems', () => {
  test('are all named, with 412 and no change', async () => {
    const { arming, control, deviceId, hub, state } = await home();
    const front = deviceId(hub, 'Front door');
    const bedroom = deviceId(hub, 'Bedroom motion');
    const window = deviceId(hub, 'Bedroom window');
    control.openDoor(front);
    control.setDeviceOnline(bedroom, false);
    control.setTampered(bedroom, true);
    control.setBattery(window, 5);
    const answer = await arming('ARM');
    expect(answer.status).toBe(412);
    expect(answer.body.message).toBeTypeOf('string');
    expect(answer.body.rejectionReasons).toEqual([
      { sourceType: 'DOOR_PROTECT_PLUS', sourceId: front, code: '20' },
      { sourceType: 'MOTION_PROTECT', sourceId: bedroom, code: '04' },
      { sourceType: 'MOTION_PROTECT', sourceId: bedroom, code: '00' },
      { sourceType: 'DOOR_PROTECT', sourceId: window, code: '03' },
    ]);
    expect(state()).toBe('DISARMED');
    expect(control.log(hub)[0]?.eventTag).toBe('ArmAttempt');
  });

  test('are ignored when the caller says so, and the log tells', async () => {
    const { arming, control, deviceId, hub, state } = await home();
    control.openDoor(deviceId(hub, 'Front door'));
    expect((await arming('ARM', true)).status).toBe(204);
    expect(state()).toBe('ARMED');
    expect(control.log(hub)[0]).toMatchObject({ eventTag: 'ArmWithMalfunctions', eventCode: 'M_22_26' });
  });

  test('never stand in the way of disarming', async () => {
    const { arming, control, deviceId, hub } = await home();
    control.setHubState(hub, 'ARMED');
    control.openDoor(deviceId(hub, 'Front door'));
    expect((await arming('DISARM')).status).toBe(204);
  });

  test('of a bypassed device do not count', async () => {
    const { arming, control, deviceId, hub, send } = await home();
    const front = deviceId(hub, 'Front door');
    control.openDoor(front);
    const bypass = { command: 'ENABLE_WHOLE_DEVICE_ONETIME_BYPASS', deviceType: 'DoorProtectPlus' };
    expect((await send('POST', `/hubs/${hub}/devices/${front}/command`, bypass)).status).toBe(204);
    expect((await arming('ARM')).status).toBe(204);
  });

  test('a door opened while armed raises an alarm, while disarmed nothing', async () => {
    const { arming, control, deviceId, hub } = await home();
    const front = deviceId(hub, 'Front door');
    const before = control.log(hub).length;
    control.openDoor(front);
    control.closeDoor(front);
    expect(control.log(hub).length).toBe(before);
    await arming('ARM');
    control.openDoor(front);
    expect(control.log(hub)[0]).toMatchObject({
      eventTypeV2: 'ALARM',
      eventCode: 'M_0F_20',
      transition: 'TRIGGERED',
    });
    control.closeDoor(front);
    expect(control.log(hub)[0]).toMatchObject({ eventTypeV2: 'ALARM_RECOVERED', transition: 'RECOVERED' });
  });
});

describe('two-stage arming', () => {
  async function office() {
    const world = simulatorAt();
    const hub = world.hubId('Studio Norte');
    const send = await world.as('office');
    return {
      ...world,
      hub,
      arming: (command: string, ignoreProblems = false) =>
        send('PUT', `/hubs/${hub}/commands/arming`, arm(command, ignoreProblems)),
      status: (token: string) => send('GET', `/hubs/${hub}/commands/arming?token=${token}`),
      state: () => world.control.hub(hub).state,
    };
  }

  test('answers 202 with a token, is in progress, then arms', async () => {
    const { arming, status, state, advance } = await office();
    const started = await arming('ARM');
    expect(started.status).toBe(202);
    expect((await status(started.body.token)).body).toEqual({ status: 'IN_PROGRESS' });
    expect(state()).toBe('DISARMED');
    advance(14_999);
    expect(state()).toBe('DISARMED');
    advance(1);
    expect(state()).toBe('ARMED');
    expect((await status(started.body.token)).body).toEqual({ status: 'SUCCESS' });
  });

  test('fails when a door stands open at the end', async () => {
    const { arming, status, state, advance, control, deviceId, hub } = await office();
    const { body } = await arming('ARM');
    control.openDoor(deviceId(hub, 'Main entrance'));
    advance(15_000);
    const ended = await status(body.token);
    expect(ended.body.status).toBe('ERROR');
    expect(ended.body.errorMessage.message).toBeTypeOf('string');
    expect(state()).toBe('DISARMED');
  });

  test('arms over problems when told to ignore them', async () => {
    const { arming, state, advance, control, deviceId, hub } = await office();
    control.openDoor(deviceId(hub, 'Main entrance'));
    expect((await arming('ARM')).status).toBe(412);
    expect((await arming('ARM', true)).status).toBe(202);
    advance(15_000);
    expect(state()).toBe('ARMED');
  });

  test('is joined by the same command and cancelled by DISARM', async () => {
    const { arming, status, state, advance } = await office();
    const first = await arming('ARM');
    expect((await arming('ARM')).body.token).toBe(first.body.token);
    expect((await arming('DISARM')).status).toBe(204);
    advance(15_000);
    expect((await status(first.body.token)).body.status).toBe('ERROR');
    expect(state()).toBe('DISARMED');
  });

  test('an unknown token is 404', async () => {
    const { status } = await office();
    expect((await status('nonsense')).status).toBe(404);
  });

  test('can be switched on for groups, each with its own token', async () => {
    const { control, hub, groupArming, send, advance } = await shop();
    control.setTwoStageArming(hub, { enabled: true, countdownSeconds: 5 });
    const one = await groupArming('Office', 'ARM');
    const two = await groupArming('Sales floor', 'ARM');
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(one.body.token).not.toBe(two.body.token);
    advance(5_000);
    const groups = (await send('GET', `/hubs/${hub}/groups`)).body;
    expect(groups.map(({ state }: { state: string }) => state)).toEqual(['ARMED', 'ARMED', 'ARMED']);
  });
});

describe('an offline hub', () => {
  test('refuses every command with 503 that names the hub, and is still readable', async () => {
    const { as, hubId, deviceId, control } = simulatorAt();
    const hub = hubId('Riverside Warehouse');
    const send = await as('office');
    const device = deviceId(hub, 'Gate 1');
    const location = { latitude: 1, longitude: 2, accuracy: 3, speed: 0, timestamp: 4 };
    const answers = [
      await send('PUT', `/hubs/${hub}/commands/arming`, arm('DISARM')),
      await send('PUT', `/hubs/${hub}/commands/panic`, { location }),
      await send('POST', `/hubs/${hub}/devices/${device}/command`, {
        command: 'MUTE',
        deviceType: 'DoorProtect',
      }),
      await send('POST', `/hubs/${hub}/rooms`, { roomName: 'Hall B' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.body.message).toContain('Hub is offline');
    }
    for (const path of ['', '/devices', '/rooms', '/logs']) {
      expect((await send('GET', `/hubs/${hub}${path}`)).status).toBe(200);
    }
    expect((await send('GET', `/hubs/${hub}`)).body.activeChannels).toEqual([]);
    control.setHubOnline(hub, true);
    expect((await send('PUT', `/hubs/${hub}/commands/arming`, arm('DISARM'))).status).toBe(204);
  });
});
