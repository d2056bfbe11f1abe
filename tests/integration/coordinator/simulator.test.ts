/** The coordinator against the simulator, over real HTTP on both sides. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CoordinatorClient, createCoordinatorClient } from '../../../coordinator/contract/client.ts';
import { createSimulator, passwordHashOf, type Simulator } from '../../../simulator/simulator.ts';
import { newId } from '../../../src/kernel/ids.ts';
import {
  createFetchOnce,
  createSender,
  type FetchOnce,
  type Sender,
} from '../../../src/kernel/send-once.undici.ts';
import { type Listener, listen } from '../../../src/serve.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';

const context = { correlationId: 'integration-test' };

let simulator: Simulator;
let upstream: Listener;
let sender: Sender;
let coordinator: TestCoordinator;
let listener: Listener;
let remote: FetchOnce;
let client: CoordinatorClient;

beforeAll(async () => {
  simulator = createSimulator({ apiKeys: ['key-1'] });
  upstream = await listen((request) => simulator.fetch(request), { hostname: '127.0.0.1', port: 0 });
  const origin = `http://127.0.0.1:${upstream.port}`;
  sender = createSender({ origin, timeoutMs: 5_000 });
  coordinator = await startTestCoordinator({
    config: { baseUrl: `${origin}/api/`, apiKeys: ['key-1'], requestTimeoutMs: 5_000 },
    secret: 'shared',
    send: sender.send,
  });
  listener = await listen(coordinator.host.fetch, { hostname: '127.0.0.1', port: 0 });
  const baseUrl = `http://127.0.0.1:${listener.port}`;
  remote = createFetchOnce({ origin: baseUrl, timeoutMs: 10_000 });
  client = createCoordinatorClient({ fetch: remote.fetch, secret: 'shared', baseUrl });
});

afterAll(async () => {
  await coordinator.host.close();
  await remote.close();
  await listener.close();
  await sender.close();
  await upstream.close();
});

describe('against the simulator', () => {
  test('an account signs in, reads its hubs and arms one', async () => {
    const demo = simulator.accounts[0];
    if (demo === undefined) throw new Error('The simulator has no account');
    const passwordHash = await passwordHashOf(demo.password);
    const { account } = await client.login({ login: demo.login, passwordHash }, context);
    const hubs = await client.read({ account, path: ['hubs'], lane: 'interactive', ...context });
    expect(hubs.status).toBe(200);
    const [hub] = hubs.body as { hubId: string }[];
    if (hub === undefined) throw new Error('The demo account has no hub');
    const path = ['hubs', hub.hubId];
    const before = await client.read({ account, path, lane: 'interactive', ...context });
    expect(before.cache?.state).toBe('MISS');
    const armed = await client.command({
      account,
      method: 'PUT',
      commandId: newId(),
      path: [...path, 'commands', 'arming'],
      body: { command: 'DISARM', ignoreProblems: true },
      lane: 'command',
      ...context,
    });
    expect(armed).toMatchObject({ kind: 'answered', answer: { status: 204 } });
    const after = await client.read({ account, path, lane: 'interactive', ...context });
    expect(after.cache?.state).toBe('MISS');
    expect((await client.budget(account, context)).mine.used).toBe(4);
    expect((await client.status(context)).upstream.sent).toBe(5);
  });

  test('a wrong password is told apart from a wrong API key', async () => {
    const wrong = { login: simulator.accounts[0]?.login ?? '', passwordHash: 'f'.repeat(64) };
    await expect(client.login(wrong, context)).rejects.toMatchObject({ code: 'login_failed' });
  });
});
