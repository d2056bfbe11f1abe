/** A second start of the demo keeps all data, its imitated upstream included. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Launched, launch, stop } from '../support/product.ts';

const USER_AGENT = 'restart-test/1.0';

let dataDirectory: string;
let running: Launched | undefined;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-restart-'));
});
afterEach(async () => {
  if (running) await stop(running.process, 'SIGKILL');
  rmSync(dataDirectory, { recursive: true, force: true });
});

const stateFile = () => join(dataDirectory, 'simulator.json');

interface Hub {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

async function startDemo() {
  const launched = launch('node', { DATA_DIR: dataDirectory });
  running = launched;
  const url = `${await launched.address}/api/v1`;
  const call = (path: string, token?: string, body?: unknown) =>
    fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'user-agent': USER_AGENT,
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    call,
    stop: (signal: NodeJS.Signals) => stop(launched.process, signal),
    async signIn() {
      const response = await call('/auth/token', undefined, {
        username: 'demo@ajaxsecurflow.dev',
        password: 'demo-1234',
      });
      expect(response.status, launched.output()).toBe(200);
      return ((await response.json()) as { access_token: string }).access_token;
    },
    async home(token: string) {
      const response = await call('/ajax/hubs', token);
      expect(response.status, launched.output()).toBe(200);
      return ((await response.json()) as Hub[]).find(({ name }) => name === 'Linden Street 12');
    },
  };
}

/** Signs in, arms the home, and returns the access token. */
async function armHome(demo: Awaited<ReturnType<typeof startDemo>>): Promise<string> {
  const token = await demo.signIn();
  const before = await demo.home(token);
  expect(before?.state).toBe('DISARMED');
  const command = { armState: 1, ignoreProblems: true };
  const response = await demo.call(`/ajax/hubs/${before?.id}/arm-state`, token, command);
  expect(response.status).toBe(200);
  return token;
}

/** What the file says of the home; undefined while there is none. */
function isArmedInFile(): boolean | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile(), 'utf8')) as {
      hubs: { name: string; armed: boolean }[];
    };
    return state.hubs.find(({ name }) => name === 'Linden Street 12')?.armed;
  } catch (error) {
    // A reader may come before the first write, but never see half a file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// Each test starts the whole product twice.
describe('the demo, started again on its data directory', { timeout: 120_000 }, () => {
  it('keeps sessions and the armed hub after SIGTERM', async () => {
    const first = await startDemo();
    const token = await armHome(first);
    await first.stop('SIGTERM');
    expect(statSync(stateFile()).mode & 0o777).toBe(0o600);

    const second = await startDemo();
    expect((await second.home(token))?.state).toBe('ARMED');
  });

  it('keeps them after SIGKILL, but for what happened in the last second', async () => {
    const first = await startDemo();
    const token = await armHome(first);
    await expect.poll(isArmedInFile, { timeout: 3_000, interval: 20 }).toBe(true);
    await first.stop('SIGKILL');

    const second = await startDemo();
    expect((await second.home(token))?.state).toBe('ARMED');
  });

  it('starts with a broken file, and asks who was signed in to sign in again', async () => {
    const first = await startDemo();
    const token = await armHome(first);
    await first.stop('SIGTERM');
    writeFileSync(stateFile(), '{"half":');

    const second = await startDemo();
    expect((await second.call('/ajax/hubs', token)).status).not.toBe(200);
    expect((await second.home(await second.signIn()))?.state).toBe('DISARMED');
  });
});
