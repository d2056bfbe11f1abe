import { describe, expect, test } from 'vitest';
import { simulatorAt } from './client.ts';

describe('one account', () => {
  test('may not use another user id, even with a living session', async () => {
    const { login, send, account } = simulatorAt();
    const { body } = await login('demo');
    for (const path of ['', '/hubs', `/hubs/${account('office').hubIds[0]}`, '/spaces']) {
      const answer = await send('GET', `/user/${account('office').userId}${path}`, undefined, {
        'x-session-token': body.sessionToken,
      });
      expect(answer.status).toBe(403);
    }
  });

  test('gets 403 for a hub that is not bound to it and 404 for one that does not exist', async () => {
    const { as, hubId } = simulatorAt();
    const demo = await as('demo');
    const foreign = hubId('Studio Norte');
    for (const path of ['', '/devices', '/rooms', '/groups', '/logs', '/users', '/cameras', '/role']) {
      expect((await demo('GET', `/hubs/${foreign}${path}`)).status).toBe(403);
      expect((await demo('GET', `/hubs/00000000${path}`)).status).toBe(404);
    }
    const arming = { command: 'ARM', ignoreProblems: true };
    expect((await demo('PUT', `/hubs/${foreign}/commands/arming`, arming)).status).toBe(403);
  });

  test('cannot reach a device or room of another hub through its own hub', async () => {
    const { as, hubId, deviceId } = simulatorAt();
    const demo = await as('demo');
    const foreign = deviceId(hubId('Studio Norte'), 'Main entrance');
    expect((await demo('GET', `/hubs/${hubId('Lumen Coffee')}/devices/${foreign}`)).status).toBe(404);
  });

  test('compares hub ids without regard to case', async () => {
    const { as, hubId } = simulatorAt();
    const demo = await as('demo');
    const answer = await demo('GET', `/hubs/${hubId('Lumen Coffee').toLowerCase()}`);
    expect(answer.body.name).toBe('Lumen Coffee');
  });
});

describe('a shared hub', () => {
  test('shows every member what any member did', async () => {
    const { as, hubId } = simulatorAt();
    const home = hubId('Linden Street 12');
    const [owner, guest] = [await as('demo'), await as('guest')];
    await owner('PUT', `/hubs/${home}/commands/arming`, { command: 'ARM', ignoreProblems: false });
    expect((await guest('GET', `/hubs/${home}`)).body.state).toBe('ARMED');
    const [latest] = (await guest('GET', `/hubs/${home}/logs`)).body;
    expect(latest).toMatchObject({ eventTag: 'Arm', sourceObjectName: 'Marta Linden' });
  });

  test('refuses with 403 what a member lacks permission for, and changes nothing', async () => {
    const { as, hubId, control, deviceId } = simulatorAt();
    const home = hubId('Linden Street 12');
    const guest = await as('guest');
    for (const command of ['ARM', 'DISARM', 'NIGHT_MODE_ON']) {
      const answer = await guest('PUT', `/hubs/${home}/commands/arming`, { command, ignoreProblems: true });
      expect(answer.status).toBe(403);
    }
    expect((await guest('GET', `/hubs/${home}/cameras`)).status).toBe(403);
    expect((await guest('POST', `/hubs/${home}/rooms`, { roomName: 'Attic' })).status).toBe(403);
    const front = deviceId(home, 'Front door');
    expect((await guest('DELETE', `/hubs/${home}/devices/${front}`)).status).toBe(403);
    expect(control.hub(home).state).toBe('DISARMED');
  });

  test('obeys permissions granted later', async () => {
    const { as, hubId, control, account } = simulatorAt();
    const home = hubId('Linden Street 12');
    const guest = await as('guest');
    control.setMemberPermissions(home, account('guest').userId, ['GET', 'ARM']);
    const answer = await guest('PUT', `/hubs/${home}/commands/arming`, {
      command: 'ARM',
      ignoreProblems: false,
    });
    expect(answer.status).toBe(204);
  });
});

describe('operations a user has no business with', () => {
  test.each([
    ['POST', '/user', 403],
    ['POST', '/user/contactInfoConfirmation', 403],
    ['PUT', '/user/resetPassword', 403],
    ['PUT', '/pro/resetPassword/confirm', 403],
    ['GET', '/company/1/hubs', 401],
    ['GET', '/swagger/json', 404],
    ['GET', '/nowhere', 404],
    ['GET', '/login', 405],
  ])('%s %s answers %i', async (method, path, status) => {
    const { send } = simulatorAt();
    expect((await send(method, path, method === 'GET' ? undefined : {})).status).toBe(status);
  });

  test('a method that does not exist on a resource is 405 and names those that do', async () => {
    const { as, hubId } = simulatorAt();
    const answer = await (await as('demo'))('DELETE', `/hubs/${hubId('Lumen Coffee')}/role`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain('GET');
  });

  test('what the upstream has and the simulator does not is 501', async () => {
    const { as, hubId } = simulatorAt();
    const answer = await (await as('demo'))('GET', `/hubs/${hubId('Lumen Coffee')}/network/wifi`);
    expect(answer.status).toBe(501);
  });
});
