/** A real nginx with TLS in front, configured as docs/deploy.md says; only addresses and files are the test's own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch, type RequestInit } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNginx, type TestNginx } from '../support/nginx.ts';
import { freePort } from '../support/port.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Product, startProduct } from '../support/product.ts';

const guide = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
const documented = /### nginx\n\n```nginx\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
/** The machine the requests come from: a loopback address that is not the proxy's. */
const CLIENT = '127.0.0.9';

let database: TestPostgres;
let product: Product;
let nginx: TestNginx;
let agent: Agent;
let certificates: string;
let origin: string;
let plainPort: number;

/** Every replacement must find its place, or the test would run something else than what is documented. */
function substitute(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`docs/deploy.md no longer says ${from}`);
    return result.replaceAll(from, to);
  }, text);
}

beforeAll(async () => {
  certificates = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-tls-'));
  const key = join(certificates, 'privkey.pem');
  const certificate = join(certificates, 'fullchain.pem');
  const subject = ['-subj', '/CN=alarm.example.com', '-addext', 'subjectAltName=DNS:alarm.example.com'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'pipe' },
  );
  // Nginx runs as a user without rights, also when the tests do not.
  chmodSync(certificates, 0o755);
  chmodSync(key, 0o644);
  database = await startPostgres();
  product = await startProduct({
    env: {
      TRUSTED_PROXIES: '127.0.0.1',
      DATABASE_URL: database.url,
      SECRET_KEY: 'a test secret of more than 32 characters',
    },
    simulator: { living: false },
  });
  const port = await freePort();
  plainPort = await freePort();
  const server = substitute(documented, {
    'listen 443 ': `listen 127.0.0.1:${port} `,
    'listen 80;': `listen 127.0.0.1:${plainPort};`,
    'http://127.0.0.1:8000': product.url,
    '/etc/letsencrypt/live/alarm.example.com/fullchain.pem': certificate,
    '/etc/letsencrypt/live/alarm.example.com/privkey.pem': key,
  });
  nginx = await startNginx({
    port,
    unprivileged: true,
    config: (directory) => `
      pid ${directory}/nginx.pid;
      events {}
      http {
        access_log off;
        client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
        fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
        ${server}
      }`,
  });
  origin = `https://alarm.example.com:${port}`;
  agent = newAgent();
}, 300_000);

/** Comes from CLIENT, knows where alarm.example.com is and whom to trust for it. */
function newAgent(options: Agent.Options = {}): Agent {
  return new Agent({
    ...options,
    localAddress: CLIENT,
    connect: {
      ca: readFileSync(join(certificates, 'fullchain.pem'), 'utf8'),
      lookup: (_name, { all }, done) =>
        all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
    },
  });
}

afterAll(async () => {
  await agent?.close();
  await nginx?.stop();
  await product?.close();
  await database?.stop();
  rmSync(certificates, { recursive: true, force: true });
});

const call = (path: string, { headers, ...init }: RequestInit = {}) =>
  fetch(`${origin}/api/v1${path}`, {
    dispatcher: agent,
    ...init,
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string> | undefined) },
  });

async function signIn(headers: Record<string, string> = {}) {
  const [account] = product.simulator.accounts;
  const body = JSON.stringify({ username: account?.login, password: account?.password });
  const response = await call('/auth/token', { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  const { access_token } = (await response.json()) as { access_token: string };
  return { response, authorization: `Bearer ${access_token}` };
}

describe('behind nginx as docs/deploy.md configures it', { timeout: 120_000 }, () => {
  it('cookies are Secure and HttpOnly, and browsers are told to stay with HTTPS', async () => {
    const { response } = await signIn();
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly(;|$)/);
    for (const cookie of cookies) expect(cookie).toMatch(/; Secure(;|$)/);
    expect(response.headers.get('strict-transport-security')).toMatch(/max-age=31536000/);
  });

  it('a request by plain HTTP is sent to HTTPS', async () => {
    const response = await fetch(`http://127.0.0.1:${plainPort}/hubs?x=1`, {
      headers: { host: 'alarm.example.com' },
      redirect: 'manual',
    });
    expect([response.status, response.headers.get('location')]).toEqual([301, 'https://127.0.0.1/hubs?x=1']);
  });

  it.each([
    ['nothing else', {}],
    ['an address in X-Forwarded-For', { 'x-forwarded-for': '198.51.100.7' }],
    ["the proxy's own address behind it", { 'x-forwarded-for': '198.51.100.7, 127.0.0.1' }],
    ['Forwarded and X-Real-IP', { forwarded: 'for=198.51.100.7', 'x-real-ip': '198.51.100.7' }],
  ])('the audit trail has the address of the client, who sends %s', async (_name, headers) => {
    const { authorization } = await signIn(headers);
    const [hub] = (await (await call('/ajax/hubs', { headers: { authorization } })).json()) as {
      id: string;
    }[];
    const body = JSON.stringify({ armState: 1, ignoreProblems: true });
    const armed = await call(`/ajax/hubs/${hub?.id}/arm-state`, {
      method: 'POST',
      headers: { ...headers, authorization },
      body,
    });
    expect(armed.status).toBe(200);
    const logs = await (await call('/security/audit-logs?limit=1', { headers: { authorization } })).json();
    expect(logs).toMatchObject([{ action: 'hub.arm', outcome: 'done', ip_address: CLIENT }]);
  });

  it('a client cannot claim that it uses plain HTTP', async () => {
    const { response } = await signIn({ 'x-forwarded-proto': 'http' });
    for (const cookie of response.headers.getSetCookie()) expect(cookie).toMatch(/; Secure(;|$)/);
  });

  it('a change with cookies is taken from its own pages, on whatever port, and refused from others', async () => {
    const { response } = await signIn();
    const cookie = response.headers
      .getSetCookie()
      .map((value) => value.split(';')[0])
      .join('; ');
    const logout = (from: string) =>
      call('/auth/logout', { method: 'POST', headers: { cookie, origin: from } });
    expect((await logout('https://evil.example')).status).toBe(403);
    expect((await logout(origin)).status).toBeLessThan(300);
  });

  it.each([11, 13])(
    'a body of %i MB is refused with a clear answer, and the next request is served',
    async (size) => {
      const response = await call('/auth/token', {
        method: 'POST',
        body: Buffer.alloc(size * 1024 * 1024, ' '),
      });
      expect(response.status).toBe(413);
      // Up to the proxy's own limit it is the gateway who explains.
      if (size < 12) expect(await response.json()).toMatchObject({ code: 'payload_too_large' });
      expect((await call('/info')).status).toBe(200);
    },
  );

  it('large headers pass up to what the gateway takes, and are refused above without an error of the server', async () => {
    const withHeader = async (kilobytes: number) =>
      (await call('/info', { headers: { 'x-large': 'a'.repeat(kilobytes * 1024) } })).status;
    expect(await withHeader(6)).toBe(200);
    expect([400, 414, 431, 494]).toContain(await withHeader(40));
  });

  it('many requests share one connection of a client', async () => {
    const fresh = newAgent({ connections: 1 });
    let connections = 0;
    fresh.on('connect', () => connections++);
    const statuses = [];
    for (let n = 0; n < 30; n++) {
      const response = await fetch(`${origin}/health`, { dispatcher: fresh });
      await response.text();
      statuses.push(response.status);
    }
    await fresh.close();
    expect(statuses).toEqual(Array(30).fill(200));
    expect(connections).toBe(1);
  });

  it('HTTP/2 is spoken, and origins are known with it', async () => {
    const session = connectHttp2(origin, {
      ca: readFileSync(join(certificates, 'fullchain.pem')),
      lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    try {
      const status = await new Promise((resolve, reject) => {
        session.once('error', reject);
        const request = session.request({
          ':method': 'POST',
          ':path': '/api/v1/auth/logout',
          cookie: 'x=y',
          origin,
        });
        request.once('error', reject);
        request.once('response', (headers) => resolve(headers[':status']));
        request.end();
      });
      expect(session.alpnProtocol).toBe('h2');
      expect(status).not.toBe(403);
      expect(status).toBeLessThan(500);
    } finally {
      session.close();
    }
  });

  it('waits longer than the gateway takes at most, and repeats nothing', () => {
    const wait = Number(/proxy_read_timeout (\d+)s;/.exec(documented)?.[1]);
    expect(wait).toBeGreaterThan(25);
    expect(documented).toContain('proxy_next_upstream off;');
  });
});
