/** Ajax as the forwarders see it: constant answers, made once by the simulator, and a count of mutations. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator, passwordHashOf } from '../../simulator/simulator.ts';

const API_KEY = 'bench-key';
const simulator = createSimulator({ apiKeys: [API_KEY], living: false, extraAccounts: 1 });
const account = simulator.accounts.find(({ login }) => login.endsWith('@load.test'));
if (account === undefined) throw new Error('The simulator has no such account');

async function ask(path: string, init: RequestInit = {}): Promise<string> {
  const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json', ...init.headers };
  const response = await simulator.fetch(new Request(`http://ajax.test/api${path}`, { ...init, headers }));
  if (response.status !== 200) throw new Error(`The simulator answered ${path} with ${response.status}`);
  return response.text();
}

const credentials = { login: account.login, passwordHash: await passwordHashOf(account.password) };
const session = await ask('/login', {
  method: 'POST',
  body: JSON.stringify({ ...credentials, userRole: 'USER' }),
});
const { sessionToken, userId } = JSON.parse(session) as { sessionToken: string; userId: string };
const read = (path: string) =>
  ask(`/user/${userId}${path}`, { headers: { 'x-session-token': sessionToken } });
const hubs = await read('/hubs');
const [{ hubId } = { hubId: '' }] = JSON.parse(hubs) as { hubId: string }[];
const hub = await read(`/hubs/${hubId}`);
const devices = JSON.parse(await read(`/hubs/${hubId}/devices?enrich=true`)) as { id: string }[];
const device = await read(`/hubs/${hubId}/devices/${devices[0]?.id}`);

let mutations = 0;

function answerOf(method: string, path: string): readonly [status: number, body: string] {
  if (path === '/api/login') return [200, session];
  if (method !== 'GET') {
    mutations++;
    return [204, ''];
  }
  const [, , , , hubsName, hubName, part, id] = path.split('/');
  if (hubsName !== 'hubs') return [404, '{"message":"Not found"}'];
  if (hubName === undefined) return [200, hubs];
  if (part === undefined) return [200, hub];
  return [200, device.replace(/"id":"\w+"/, `"id":"${id}"`)];
}

const server = createServer((request, response) => {
  const [status, body] = answerOf(request.method ?? '', (request.url ?? '').split('?', 1)[0] ?? '');
  request.resume().once('end', () => {
    if (status === 204) response.writeHead(204).end();
    else {
      const length = Buffer.byteLength(body);
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': length }).end(body);
    }
  });
});

process.on('message', () => process.send?.({ mutations }));
process.once('disconnect', () => process.exit(0));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const { login, password } = account;
  process.send?.({ port, apiKey: API_KEY, login, password, userId, hubId });
});
