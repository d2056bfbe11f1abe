import { describe, expect, test } from 'vitest';
import { simulatorAt } from './client.ts';

async function home() {
  const world = simulatorAt();
  const hub = world.hubId('Linden Street 12');
  const send = await world.as('demo');
  return { ...world, hub, send, path: `/hubs/${hub}`, device: (name: string) => world.deviceId(hub, name) };
}

describe('the hub', () => {
  test('detail carries neither the role nor `online`', async () => {
    const { send, path } = await home();
    const { body } = await send('GET', path);
    expect(body).not.toHaveProperty('hubBindingRole');
    expect(body).not.toHaveProperty('online');
    expect((await send('GET', `${path}/role`)).body.hubBindingRole).toBe('MASTER');
  });

  test('is renamed and reconfigured by PUT; read-only fields are left alone', async () => {
    const { send, path } = await home();
    const { body } = await send('GET', path);
    const changed = { ...body, name: 'Lindenhof', ledBrightnessLevel: 2, state: 'ARMED', timeZone: 'X' };
    expect((await send('PUT', path, changed)).status).toBe(204);
    expect((await send('GET', path)).body).toMatchObject({
      name: 'Lindenhof',
      ledBrightnessLevel: 2,
      state: 'DISARMED',
      timeZone: 'EUROPE_VIENNA',
    });
    expect((await send('PUT', path, { name: 'x'.repeat(25) })).status).toBe(422);
  });

  test('takes a PNG or JPEG as multipart with the field image, up to 8 MB', async () => {
    const { send, path } = await home();
    const upload = (
      bytes: number,
      field = 'image',
      signature = [0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa],
    ) => {
      const picture = new Uint8Array(bytes);
      picture.set(signature);
      const form = new FormData();
      form.set(field, new Blob([picture], { type: 'image/png' }), 'hub.png');
      return send('POST', `${path}/image`, form);
    };
    expect((await upload(1_000, 'image', [0x25, 0x50, 0x44, 0x46])).status).toBe(422);
    expect((await upload(1_000, 'image', [0xff, 0xd8, 0xff])).status).toBe(204);
    expect((await upload(1_000)).status).toBe(204);
    expect((await send('GET', path)).body.imageUrls.small).toBeTypeOf('string');
    expect((await upload(8 * 1024 * 1024 + 1)).status).toBe(413);
    expect((await upload(1_000, 'picture')).status).toBe(422);
    expect((await send('POST', `${path}/image`, {})).status).toBe(400);
    expect((await send('DELETE', `${path}/image`)).status).toBe(204);
    expect((await send('GET', path)).body.imageUrls.small).toBeNull();
  });
});

describe('the log', () => {
  test('is paged from newest to oldest without gaps, then empty', async () => {
    const { send, path, control, hub } = await home();
    const rows: { eventId: string }[] = [];
    for (let page = 1; ; page++) {
      const { body } = await send('GET', `${path}/logs?page=${page}`);
      if (body.length === 0) break;
      rows.push(...body);
    }
    expect(rows.length).toBeGreaterThan(100);
    expect(rows).toEqual(control.log(hub));
    const times = control.log(hub).map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((one, other) => other - one));
    expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(rows.length);
    expect((await send('GET', `${path}/logs`)).body).toEqual(rows.slice(0, 50));
  });

  test.each([
    ['0', 422],
    ['51', 422],
    ['-1', 422],
    ['first', 400],
    ['50', 200],
  ])('page %s answers %i', async (page, status) => {
    const { send, path } = await home();
    expect((await send('GET', `${path}/logs?page=${page}`)).status).toBe(status);
  });
});

describe('devices', () => {
  test('carry their model only when asked to', async () => {
    const { send, path } = await home();
    const plain = (await send('GET', `${path}/devices`)).body;
    const enriched = (await send('GET', `${path}/devices?enrich=true`)).body;
    expect(plain.every((device: object) => !('model' in device))).toBe(true);
    for (const device of enriched) {
      expect(device.model.id).toBe(device.id);
      expect((await send('GET', `${path}/devices/${device.id}`)).body).toEqual(device.model);
    }
  });

  test('have the fields of their model and no others', async () => {
    const { send, path, device } = await home();
    const detail = async (name: string) => (await send('GET', `${path}/devices/${device(name)}`)).body;
    const door = await detail('Front door');
    expect(door.reedClosed).toBe(true);
    expect(door).not.toHaveProperty('switchState');
    const socket = await detail('Floor lamp');
    expect(socket.switchState).toEqual(['SWITCHED_ON']);
    expect(socket).not.toHaveProperty('batteryChargeLevelPercentage');
    expect((await detail('Living room air')).actualCO2).toBeTypeOf('number');
    expect((await detail('Dishwasher leak')).leakDetected).toBe(false);
    expect((await detail('Kitchen smoke')).smokeAlarm).toBe('SMOKE_ALARM_NOT_DETECTED');
    expect((await detail('Main water valve')).valveState).toBe('OPEN');
  });

  test('are moved and renamed by PUT; an unknown room is refused', async () => {
    const { send, path, device } = await home();
    const door = `${path}/devices/${device('Front door')}`;
    const { body } = await send('GET', door);
    const [, living] = (await send('GET', `${path}/rooms`)).body;
    const changed = { ...body, deviceName: 'Main door', roomId: living.id, shockSensorSensitivity: 7 };
    expect((await send('PUT', door, changed)).status).toBe(204);
    expect((await send('GET', door)).body).toMatchObject({
      deviceName: 'Main door',
      roomId: living.id,
      shockSensorSensitivity: 7,
    });
    expect((await send('PUT', door, { ...body, roomId: '00' })).status).toBe(422);
    expect((await send('PUT', door, { roomId: living.id })).status).toBe(422);
  });

  test('disappear when deleted', async () => {
    const { send, path, device } = await home();
    const door = `${path}/devices/${device('Front door')}`;
    expect((await send('DELETE', door)).status).toBe(204);
    expect((await send('GET', door)).status).toBe(404);
  });
});

describe('device commands', () => {
  async function command(name: string, body: unknown) {
    const world = await home();
    const path = `${world.path}/devices/${world.device(name)}`;
    const answer = await world.send('POST', `${path}/command`, body);
    return { ...world, answer, detail: (await world.send('GET', path)).body };
  }

  test.each([
    ['SWITCH_ON', 'SWITCHED_ON', 'SwitchedOn'],
    ['SWITCH_OFF', 'SWITCHED_OFF', 'SwitchedOff'],
  ])('%s makes a socket %s and writes the log', async (name, state, tag) => {
    const { answer, detail, control, hub } = await command('Floor lamp', {
      command: name,
      deviceType: 'Socket',
    });
    expect(answer.status).toBe(204);
    expect(detail.switchState).toEqual([state]);
    expect(control.log(hub)[0]?.eventTag).toBe(tag);
  });

  test('move the valve', async () => {
    const { detail } = await command('Main water valve', {
      command: 'DEVICE_SWITCH_STATE',
      deviceType: 'WaterStop',
    });
    expect(detail.valveState).toBe('CLOSED');
  });

  test('a photo is accepted, not done', async () => {
    const { answer } = await command('Living room camera', {
      command: 'MAKE_PHOTO',
      deviceType: 'MotionCamPhod',
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toBeUndefined();
  });

  test.each([
    ['an unknown command', { command: 'EXPLODE', deviceType: 'Socket' }, 422],
    ['no command', { deviceType: 'Socket' }, 422],
    ['another device type', { command: 'SWITCH_ON', deviceType: 'WallSwitch' }, 422],
    ['an unknown device type', { command: 'SWITCH_ON', deviceType: 'Toaster' }, 422],
    ['a command the device does not understand', { command: 'MAKE_PHOTO', deviceType: 'Socket' }, 400],
    ['malformed JSON', '{', 400],
    [
      'a channel the device lacks',
      {
        command: 'SWITCH_ON',
        deviceType: 'Socket',
        additionalParam: { additionalParamType: 'CHANNELS', channels: ['CHANNEL_2'] },
      },
      422,
    ],
  ])('%s is refused', async (_, body, status) => {
    expect((await command('Floor lamp', body)).answer.status).toBe(status);
  });

  test('switch only the channels named', async () => {
    const world = simulatorAt();
    const hub = world.hubId('Lumen Coffee');
    const path = `/hubs/${hub}/devices/${world.deviceId(hub, 'Shop lights')}`;
    const send = await world.as('demo');
    const answer = await send('POST', `${path}/command`, {
      command: 'SWITCH_OFF',
      deviceType: 'LightSwitchTwoGang',
      additionalParam: { additionalParamType: 'CHANNELS', channels: ['CHANNEL_1'] },
    });
    expect(answer.status).toBe(204);
    expect((await send('GET', path)).body.channelStatuses).toEqual(['CHANNEL_2_ON']);
  });

  test('to an offline device are 412', async () => {
    const { control, device, send, path } = await home();
    const lamp = device('Floor lamp');
    control.setDeviceOnline(lamp, false);
    const body = { command: 'SWITCH_ON', deviceType: 'Socket' };
    expect((await send('POST', `${path}/devices/${lamp}/command`, body)).status).toBe(412);
  });
});

describe('rooms', () => {
  test('are made, renamed, and deleted once empty', async () => {
    const { send, path } = await home();
    const made = await send('POST', `${path}/rooms`, { roomName: 'Attic' });
    expect(made.status).toBe(201);
    const room = `${path}/rooms/${made.body.id}`;
    expect((await send('PUT', room, { roomName: 'Loft' })).status).toBe(204);
    expect((await send('GET', room)).body.roomName).toBe('Loft');
    expect((await send('DELETE', room)).status).toBe(204);
    expect((await send('GET', room)).status).toBe(404);
    const [entrance] = (await send('GET', `${path}/rooms`)).body;
    expect((await send('DELETE', `${path}/rooms/${entrance.id}`)).status).toBe(412);
    expect((await send('POST', `${path}/rooms`, { roomName: ' ' })).status).toBe(422);
  });
});

describe('panic', () => {
  const location = { latitude: 48.2, longitude: 16.37, accuracy: 10, speed: 0, timestamp: 1 };

  test('raises an alarm in the log, for a guest too', async () => {
    const { as, path, control, hub } = await home();
    const guest = await as('guest');
    expect((await guest('PUT', `${path}/commands/panic`, { location })).status).toBe(204);
    expect(control.log(hub)[0]).toMatchObject({ eventCode: 'M_22_03', sourceObjectName: 'Jonas Linden' });
  });

  test('needs the location inside `location`', async () => {
    const { send, path } = await home();
    expect((await send('PUT', `${path}/commands/panic`, location)).status).toBe(422);
  });
});

describe('spaces', () => {
  test('are listed by page and by hub', async () => {
    const { send, hub } = await home();
    expect((await send('GET', '/spaces')).body).toHaveLength(2);
    expect((await send('GET', '/spaces?size=1&page=2')).body).toHaveLength(1);
    const [space] = (await send('GET', `/spaces?hubId=${hub}`)).body;
    expect((await send('GET', `/spaces/${space.id}`)).body.devices).toEqual([{ id: hub, type: 'HUB' }]);
    expect((await send('GET', '/spaces?size=0')).status).toBe(422);
    expect((await send('GET', `/spaces?hubId=${hub}&videoEdgeId=1`)).status).toBe(400);
  });

  test('of others are 403', async () => {
    const { as, send } = await home();
    const [foreign] = (await (await as('office'))('GET', '/spaces')).body;
    expect((await send('GET', `/spaces/${foreign.id}`)).status).toBe(403);
  });
});

describe('nothing is 500', () => {
  test('whatever body or query arrives', async () => {
    const { send, path, device } = await home();
    const paths = [
      '',
      `${path}`,
      `${path}/commands/arming`,
      `${path}/commands/panic`,
      `${path}/commands/groupsMode`,
      `${path}/commands/muteFireDetectors`,
      `${path}/commands/muteSoundIndication`,
      `${path}/devices/${device('Front door')}`,
      `${path}/devices/${device('Front door')}/command`,
      `${path}/rooms`,
      `${path}/image`,
      `${path}/%E0%A4%A`,
      `${path}/lifeQuality/${device('Living room air')}/data?discreteness=HOUR`,
    ];
    for (const each of paths) {
      for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
        for (const body of ['null', '[]', '"x"', '{"command":{}}', '{', '']) {
          const { status } = await send(method, each, method === 'GET' ? undefined : body);
          expect(status, `${method} ${each} ${body}`).toBeLessThan(500);
        }
      }
    }
  });
});
