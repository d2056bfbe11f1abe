import { describe, expect, test } from 'vitest';
import { simulatorAt } from './client.ts';

function driven() {
  const world = simulatorAt();
  const drive = async (method: string, path: string, body?: unknown) => {
    const response = await world.fetch(
      new Request(`http://ajax.test/_simulator${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { ...world, drive };
}

describe('control over HTTP', () => {
  test('reads and clears the journal', async () => {
    const { drive, send } = driven();
    await send('GET', '/nowhere');
    await send('GET', '/nowhere');
    const { body } = await drive('GET', '/journal?windowMs=60000&last=1');
    expect(body).toMatchObject({ total: 2, largestWindow: 2 });
    expect(body.arrivals).toHaveLength(1);
    expect((await drive('DELETE', '/journal')).status).toBe(204);
    expect((await drive('GET', '/journal')).body.total).toBe(0);
  });

  test('revokes an API key and takes it again', async () => {
    const { drive, send } = driven();
    expect((await drive('POST', '/keys', { apiKey: 'demo-key', revoked: true })).status).toBe(204);
    const refused = await send('POST', '/login', {});
    expect([refused.status, refused.body]).toMatchObject([401, { message: 'User is not authorized' }]);
    await drive('POST', '/keys', { apiKey: 'demo-key', revoked: false });
    expect((await send('POST', '/login', {})).status).toBe(422);
    expect((await drive('POST', '/keys', { apiKey: 'another', revoked: true })).status).toBe(404);
    expect((await drive('POST', '/keys', { apiKey: 'demo-key' })).status).toBe(422);
  });

  test('adds, lists and removes faults', async () => {
    const { drive, send } = driven();
    const rule = { match: { pathPattern: 'refresh$' }, outcome: { status: 503 } };
    expect((await drive('POST', '/faults', rule)).status).toBe(201);
    expect((await drive('GET', '/faults')).body[0].match.path).toBe('/refresh$/');
    expect((await send('POST', '/refresh', {})).status).toBe(503);
    expect((await drive('DELETE', '/faults')).status).toBe(204);
    expect((await send('POST', '/refresh', {})).status).toBe(422);
  });

  test('changes hubs and devices', async () => {
    const { drive, hubId, deviceId } = driven();
    const hub = hubId('Linden Street 12');
    const change = { online: false, name: 'Renamed', state: 'NIGHT_MODE' };
    const { body } = await drive('POST', `/hubs/${hub}`, change);
    expect(body).toMatchObject(change);
    const front = deviceId(hub, 'Front door');
    expect((await drive('POST', `/devices/${front}`, { open: true, batteryPercent: 4 })).status).toBe(204);
    const device = (await drive('GET', `/hubs/${hub}`)).body.devices.find(
      ({ id }: { id: string }) => id === front,
    );
    expect(device.open).toBe(true);
  });

  test('arms as if by keypad, with its row in the log', async () => {
    const { drive, hubId, control } = driven();
    const hub = hubId('Linden Street 12');
    const { body } = await drive('POST', `/hubs/${hub}`, { keypad: { armed: true } });
    expect(body.state).toBe('ARMED');
    expect(control.log(hub)[0]).toMatchObject({ eventCode: 'M_28_21', sourceObjectType: 'KEYPAD_PLUS' });
  });

  test('expires sessions', async () => {
    const { drive, as } = driven();
    const demo = await as('demo');
    expect((await drive('POST', '/sessions/expire', { account: 'demo@ajaxsecurflow.dev' })).status).toBe(204);
    expect((await demo('GET', '/hubs')).status).toBe(401);
    expect((await drive('POST', '/sessions/expire')).status).toBe(204);
  });

  test.each([
    ['/hubs/00', { online: true }, 404],
    ['/hubs/00', { onlin: true }, 422],
    ['/devices/00', { open: true }, 404],
    ['/sessions/expire', { account: 'nobody' }, 404],
    ['/faults', { match: {}, outcome: 'explode' }, 422],
  ])('POST %s with %j is refused with %i', async (path, body, status) => {
    expect((await driven().drive('POST', path, body)).status).toBe(status);
  });
});

describe('events', () => {
  test('are told to listeners until they stop', () => {
    const { control, hubId } = driven();
    const hub = hubId('Linden Street 12');
    const tags: string[] = [];
    const stop = control.onEvent((row) => tags.push(row.eventTag));
    control.setHubPower(hub, false);
    stop();
    control.setHubPower(hub, true);
    expect(tags).toEqual(['ExternalPowerDisconnected']);
  });
});
