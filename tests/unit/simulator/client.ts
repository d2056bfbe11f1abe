/** A caller of the simulator with a clock in its hand. */
import {
  createSimulator,
  passwordHashOf,
  type SimulatorOptions,
  totpCode,
} from '../../../simulator/simulator.ts';

export const START = Date.UTC(2026, 5, 1, 9);

/** Roomy enough that only the tests of the budget meet it. */
const ample = { limit: 100_000, windowMs: 60_000 };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely; contract tests parse them
  readonly body: any;
}

export type Send = (method: string, path: string, body?: unknown, headers?: HeadersInit) => Promise<Answer>;

export function simulatorAt(options: SimulatorOptions = {}) {
  let now = START;
  const simulator = createSimulator({ clock: () => now, budget: ample, ...options });

  const send: Send = async (method, path, body, headers) => {
    const raw = body === undefined || typeof body === 'string' || body instanceof FormData;
    const response = await simulator.fetch(
      new Request(`http://ajax.test/api${path}`, {
        method,
        headers: { 'x-api-key': 'demo-key', ...headers },
        body: raw ? (body ?? null) : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };

  function account(name: string) {
    const found = simulator.accounts.find(({ login }) => login.startsWith(name));
    if (!found) throw new Error(`No account ${name}`);
    return found;
  }

  async function login(name: string) {
    const { login, password, totp } = account(name);
    return send('POST', '/login', {
      login,
      passwordHash: await passwordHashOf(password),
      ...(totp && { totp: await totpCode(totp, now) }),
    });
  }

  /** Sends as that account, below `/user/{userId}`. */
  async function as(name: string): Promise<Send> {
    const { body } = await login(name);
    return (method, path, sent, headers) =>
      send(method, `/user/${body.userId}${path}`, sent, {
        'x-session-token': body.sessionToken,
        ...headers,
      });
  }

  const hubId = (name: string) => {
    const found = simulator.control.hubs().find((hub) => hub.name === name);
    if (!found) throw new Error(`No hub ${name}`);
    return found.id;
  };

  const deviceId = (hub: string, name: string) => {
    const found = simulator.control.hub(hub).devices.find((device) => device.name === name);
    if (!found) throw new Error(`No device ${name}`);
    return found.id;
  };

  return {
    ...simulator,
    send,
    account,
    login,
    as,
    hubId,
    deviceId,
    now: () => now,
    advance(ms: number) {
      now += ms;
    },
  };
}
