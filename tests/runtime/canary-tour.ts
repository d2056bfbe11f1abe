/** Everything a client can do, well and badly, with every answer written down. */
import type { Canary, Haystack } from '../support/canary.ts';
import type { IndiscreetAjax, Indiscretion } from './canary-ajax.ts';

export interface Account {
  readonly login: string;
  readonly password: string;
}

export interface TourSecrets {
  readonly apiKey: string;
  readonly adminSecret: string;
  readonly metricsToken: string;
  /** What somebody types who confuses two accounts. */
  readonly mistyped: string;
  readonly wrongCode: string;
  readonly idempotencyKey: string;
}

export interface TourOptions {
  readonly owner: Account;
  readonly other: Account;
  readonly withCode: Account & { code(): Promise<string> };
  readonly ajax: IndiscreetAjax;
  readonly expireSessions: () => void;
  readonly secrets: TourSecrets;
}

export interface Tour {
  /** Answers, as they came; tokens that were handed to their owner are cut out. */
  readonly answers: readonly Haystack[];
  /** What the gateway handed out. */
  readonly canaries: readonly Canary[];
  /** Statuses by what was asked. */
  readonly statuses: ReadonlyMap<string, number>;
  /** The whole of it, through gateways that are asked in turn. */
  walk(gateways: readonly string[]): Promise<void>;
  /** Reads with the session that is still open, for instance after a restart. */
  lookAgain(gateways: readonly string[]): Promise<void>;
}

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };
const JSON_TYPE = { 'content-type': 'application/json' };
const json = (body: unknown, headers: Record<string, string> = {}): Init => ({
  method: 'POST',
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(body),
});

export function createTour(options: TourOptions): Tour {
  const { owner, other, withCode, ajax, secrets } = options;
  let gateways: readonly string[] = [];
  const answers: Haystack[] = [];
  const canaries = new Map<string, Canary>();
  const statuses = new Map<string, number>();
  let turn = 0;
  let bearer: Record<string, string> = {};

  async function ask(path: string, init: Init = {}) {
    const response = await fetch(`${gateways[turn++ % gateways.length]}${path}`, init);
    const body = await response.text();
    let text = `${response.status}\n${[...response.headers].join('\n')}\n${body}`;
    const isPair = response.ok && /\/auth\/(token|refresh)$/.test(path);
    if (isPair) {
      const { access_token, refresh_token } = JSON.parse(body) as Record<string, string>;
      for (const [name, value = ''] of Object.entries({ access_token, refresh_token })) {
        canaries.set(value, { name: `the ${name} of a session`, value, kind: 'secret' });
        text = text.replaceAll(value, '');
      }
    }
    const name = `${init.method ?? 'GET'} ${path}`;
    answers.push({ name: `the answer to ${name}`, bytes: Buffer.from(text) });
    statuses.set(name, response.status);
    return { status: response.status, headers: response.headers, body };
  }

  const call = (path: string, init: Init = {}) =>
    ask(`/api/v1${path}`, { ...init, headers: { ...bearer, ...init.headers } });

  async function signIn({ login, password }: Account, totp?: string): Promise<Record<string, string>> {
    const body = { username: login, password, ...(totp === undefined ? {} : { totp }) };
    const { status, body: text } = await ask('/api/v1/auth/token', json(body));
    if (status !== 200) throw new Error(`${login} could not sign in: ${status} ${text}`);
    return JSON.parse(text) as Record<string, string>;
  }

  async function looks(): Promise<void> {
    for (const path of [
      '/',
      '/health',
      '/ready',
      '/api/v1/info',
      '/api/v1/openapi.json',
      '/metrics',
      '/nowhere',
    ])
      await ask(path);
    for (const token of [secrets.metricsToken, secrets.mistyped])
      await ask('/metrics', { headers: { authorization: `Bearer ${token}` } });
  }

  async function signsInBadly(): Promise<void> {
    const username = owner.login;
    const token = '/api/v1/auth/token';
    const { mistyped: secret } = secrets;
    await ask(token, json({ username, password: secret }));
    await ask(token, json({ username: secret.slice(0, 60), password: secret }));
    for (const password of [[secret], { [secret]: secret }, 17, null, secret.repeat(200)])
      await ask(token, json({ username, password }));
    await ask(token, json({ username, passwort: secret, totp: secret, [secret]: 1 }));
    const asText = JSON.stringify({ username, password: secret });
    for (const body of [asText.slice(0, -2), `${asText}${secret}`, secret, `{"password": ${secret}}`])
      await ask(token, { method: 'POST', headers: JSON_TYPE, body });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      await ask(token, { method: 'POST', headers: { 'content-type': type }, body: asText });
    await ask(`${token}?password=${encodeURIComponent(secret)}`, json({ username }));
    await ask(`/api/v1/auth/refresh`, json({ refresh_token: [secret] }));
    await ask(`/api/v1/auth/refresh`, json({ refresh_token: secret }));
    await ask(`/api/v1/auth/refresh`, { method: 'POST', headers: JSON_TYPE, body: secret });
    await ask('/api/v1/auth/me', { headers: { authorization: `Bearer ${encodeURIComponent(secret)}` } });
    await ask('/api/v1/auth/me', { headers: { cookie: `access_token=${encodeURIComponent(secret)}` } });
    await ask(`/api/v1/jobs/${encodeURIComponent(secret)}`);
    await ask(token, json({ username: withCode.login, password: withCode.password }));
    await ask(
      token,
      json({ username: withCode.login, password: withCode.password, totp: secrets.wrongCode }),
    );
  }

  async function reads(): Promise<{ hub: string; device: string; foreign: string }> {
    const hubs = JSON.parse((await call('/ajax/hubs')).body) as { id: string }[];
    const hub = hubs[0]?.id ?? '';
    const devices = JSON.parse((await call(`/ajax/hubs/${hub}/devices`)).body) as { id: string }[];
    const device = devices[0]?.id ?? '';
    for (const path of [
      ...[
        '/auth/me',
        '/users/me',
        '/budget',
        '/security/audit-logs?limit=200',
        '/commands',
        '/admin/coordinator',
      ],
      ...['', '/devices', `/devices/${device}`, '/rooms', '/groups', '/logs'].map(
        (rest) => `/ajax/hubs/${hub}${rest}`,
      ),
    ]) {
      await call(path);
      await call(path, { headers: { 'cache-control': 'no-cache', prefer: 'respond-async' } });
    }
    const foreign = 'ABCDEF01';
    await call(`/ajax/hubs/${foreign}`);
    return { hub, device, foreign };
  }

  async function commands(hub: string): Promise<void> {
    const path = `/ajax/hubs/${hub}/arm-state`;
    const key = { 'idempotency-key': `"${secrets.idempotencyKey}"` };
    await call(path, json({ armState: 1, ignoreProblems: true }, key));
    await call(path, json({ armState: 0 }, key));
    await call(path, json({ armState: 1, ignoreProblems: true }, key));
    const { headers } = await call(path, json({ armState: 0 }, { prefer: 'respond-async' }));
    await ask(headers.get('location') ?? '/api/v1/commands/x', { headers: bearer });
    await call(path, json({ armState: secrets.mistyped, [secrets.mistyped]: secrets.mistyped }));
    await call(path, json({ armState: 1, groupId: secrets.mistyped }));
    await call('/commands');
  }

  /** Ajax repeats the key, the session and the body in its answers. */
  async function sufferIndiscretion(hub: string): Promise<void> {
    const fresh = { headers: { 'cache-control': 'no-cache' } };
    const kinds: Indiscretion[] = [
      ...[200, 400, 403, 404, 409, 412, 422, 500, 503, 504].map(
        (status) => ({ status, as: 'error' }) as const,
      ),
      { status: 200, as: 'data' },
      { status: 200, as: 'text' },
      { status: 502, as: 'text' },
    ];
    // Never asked for before, so that no answer is at hand.
    let unknown = 0x10_00_00_00;
    const askAfresh = () => call(`/ajax/hubs/${hub}/devices/${(unknown++).toString(16)}`, fresh);
    for (const status of [500, 503] as const) {
      options.expireSessions();
      ajax.indiscreet('/refresh', { status, as: 'error' });
      await askAfresh();
      ajax.discreet();
    }
    await askAfresh();
    for (const kind of kinds) {
      ajax.indiscreet('/user/', kind);
      await call('/auth/me', fresh);
      await call('/ajax/hubs', fresh);
      await call(`/ajax/hubs/${hub}`, { headers: { ...fresh.headers, prefer: 'respond-async' } });
      ajax.indiscreet('/arming', kind);
      const armed = await call(`/ajax/hubs/${hub}/arm-state`, json({ armState: 1, ignoreProblems: true }));
      const { command_id } = JSON.parse(armed.body) as { command_id?: string };
      if (command_id !== undefined) await call(`/commands/${command_id}`);
      ajax.indiscreet('/login', kind);
      await ask('/api/v1/auth/token', json({ username: other.login, password: other.password }));
      ajax.discreet();
    }
  }

  return {
    answers,
    statuses,
    get canaries() {
      return [...canaries.values()];
    },
    async walk(through) {
      gateways = through;
      await looks();
      await signsInBadly();
      const codeBearer = await signIn(withCode, await withCode.code());
      const mine = await signIn(owner);
      const theirs = await signIn(other);
      bearer = { authorization: `Bearer ${theirs.access_token}` };
      await reads();
      await call('/auth/logout', { method: 'POST' });
      bearer = { authorization: `Bearer ${codeBearer.access_token}` };
      await reads();
      bearer = { authorization: `Bearer ${mine.access_token}` };
      for (const secret of [secrets.adminSecret, secrets.mistyped])
        await call('/admin/coordinator', { headers: { 'x-admin-secret': encodeURIComponent(secret) } });
      const { hub } = await reads();
      await commands(hub);
      await sufferIndiscretion(hub);
      await ask('/api/v1/auth/refresh', json({ refresh_token: mine.refresh_token }));
      const again = await ask('/api/v1/auth/refresh', json({ refresh_token: mine.refresh_token }));
      if (again.status !== 401) throw new Error('A refresh token was taken twice');
      await looks();
    },
    async lookAgain(through) {
      gateways = through;
      await reads();
      await looks();
    },
  };
}
