/**
 * One installation, attacked from every side: the real program as a process, the simulator as Ajax, and after each case
 * the same questions. No fault, no word of what is inside, nothing of another account, nothing sent to Ajax.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditRecords } from '../../../src/audit/table.ts';
import { openPglite } from '../../../src/db/pglite.ts';
import { isErrorCode } from '../../../src/kernel/errors.ts';
import { API_KEY, type Product, type Runtime, startProduct, stop } from '../../support/product.ts';
import { bodies } from './bodies.ts';
import { type Case, REFUSED, type Table, type World } from './case.ts';
import { framing } from './framing.ts';
import { forwarding, headers, TRUSTED_PROXY } from './headers.ts';
import { origins, PANEL } from './origins.ts';
import { paths } from './paths.ts';
import { slowCases } from './slow.ts';
import { tenants } from './tenants.ts';
import { tokens } from './tokens.ts';
import { type Answer, exchange, type Message, message } from './wire.ts';

const SECRET_KEY = 'a secret of the hostile suite, 42 characters';
const METRICS_TOKEN = 'metrics of the hostile suite';
const AT_ONCE = 8;
const TABLES: readonly Table[] = [framing, paths, bodies, headers, forwarding, tokens, origins, tenants];
/** What tells of the inside. */
const INSIDE =
  /\bat .+\.(ts|js|mjs):\d+|node_modules|node:internal|Deno|\bselect .+ from\b|insert into|ECONN|HPE_|llhttp/i;

export function attack(runtime: Runtime): void {
  describe(`hostile input on ${runtime}`, { timeout: 120_000 }, () => {
    let product: Product;
    let port: number;
    let world: World;
    let memoryBefore: number;
    /** Whatever only the victim should see, and what nobody should. */
    let unspeakable: readonly string[];
    let slow: ReadonlyMap<string, Promise<Answer>>;
    let isSlowOver = false;
    /** Where the attacker's asynchronous reads are to be found. */
    const jobs = new Set<string>();

    const ask = (request: Message, from?: string) => exchange(port, message(request), { from });
    const arrivals = () => product.simulator.journal.count();

    beforeAll(async () => {
      product = await startProduct({
        runtime,
        simulator: { living: false, budget: { limit: 100_000, windowMs: 60_000 } },
        env: {
          SECRET_KEY,
          METRICS_TOKEN,
          BACKEND_CORS_ORIGINS: PANEL,
          TRUSTED_PROXIES: TRUSTED_PROXY,
          AJAX_BUDGET_REQUESTS: '50000',
        },
      });
      port = Number(new URL(product.url).port);
      ({ world, unspeakable } = await prepare(product, ask));
      memoryBefore = residentMegabytes(product);
      slow = new Map(
        slowCases.map(({ name, send, drip }) => [
          name,
          exchange(port, send, { untilClosed: true, drip, from: '127.0.0.9', timeoutMs: 90_000 }),
        ]),
      );
      void Promise.all(slow.values()).then(() => {
        isSlowOver = true;
      });
    }, 240_000);
    afterAll(() => product?.close());

    /** What must hold of every answer to anybody. */
    function expectCivil(answer: Answer, head = false): void {
      const { status, headers: fields, body, raw } = answer;
      if (status === 0) return;
      expect(status).toBeLessThan(500);
      expect(raw).not.toMatch(INSIDE);
      for (const word of unspeakable) expect(raw).not.toContain(word);
      expect(fields['x-correlation-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      expect(fields['x-content-type-options']).toBe('nosniff');
      expect(fields['x-frame-options']).toBe('DENY');
      expect(fields['content-security-policy']).toContain("default-src 'none'");
      expect(fields['x-powered-by']).toBeUndefined();
      expect(fields['x-injected']).toBeUndefined();
      if (status < 400 || head) return;
      expect(fields['content-type']).toContain('application/problem+json');
      const problem = JSON.parse(body) as Record<string, unknown>;
      expect(problem).toMatchObject({ status, detail: expect.any(String), action: expect.any(String) });
      expect(isErrorCode(problem.code)).toBe(true);
    }

    async function run({ send, expect: statuses, closes, mayAsk, check, from, halfClose, drip }: Case) {
      const before = arrivals();
      const answer = await exchange(port, send, { from, halfClose, drip, untilClosed: closes });
      const first = send.slice(0, 5).toString();
      expect(statuses ?? REFUSED).toContain(answer.status);
      expectCivil(answer, first === 'HEAD ');
      // One request, one answer: nothing that was hidden in a body is answered.
      expect(answer.raw.match(/^HTTP\/1\.[01] [2-5]/gm) ?? []).toHaveLength(answer.status === 0 ? 0 : 1);
      if (closes) expect(answer.isClosed).toBe(true);
      if (!mayAsk) expect(arrivals()).toBe(before);
      if (answer.status === 202 && answer.headers.location) jobs.add(answer.headers.location);
      check?.(answer);
    }

    /** Some at a time; returns what failed, by name. */
    async function runAll(all: readonly Case[]): Promise<readonly string[]> {
      const failures: string[] = [];
      const waiting = [...all];
      const work = async () => {
        for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
          const { name } = one;
          await run(one).catch((error: Error) => failures.push(`${name}: ${error.message}`));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return failures;
    }

    describe.each(TABLES)('$name', ({ cases }) => {
      // The cases are data of a world that exists only once the product runs.
      it('of every kind is refused politely, or is harmless', async () => {
        const all = await cases(world);
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
        // Apart, so that whatever reaches Ajax while the first are tried was sent by one of them.
        const failures = [
          ...(await runAll(all.filter(({ mayAsk }) => !mayAsk))),
          ...(await runAll(all.filter(({ mayAsk }) => mayAsk))),
        ];
        counted.total += all.length;
        expect(failures).toEqual([]);
      });
    });

    describe('a client', () => {
      it.each(slowCases)('$name is cut off', async ({ name, expect: statuses }) => {
        const answer = await slow.get(name);
        if (answer === undefined) throw new Error('was never started');
        counted.total++;
        expect(statuses).toContain(answer.status);
        expectCivil(answer);
        expect(answer.isClosed).toBe(true);
      });
    });

    describe('afterwards', () => {
      it('at least 400 cases were tried', () => {
        expect(isSlowOver).toBe(true);
        expect(counted.total).toBeGreaterThanOrEqual(400);
      });

      it('the gateway is healthy, reads and arms', async () => {
        expect((await ask({ path: '/health' })).status).toBe(200);
        expect(JSON.parse((await ask({ path: '/ready' })).body)).toMatchObject({ status: 'ready' });
        const { token, hubId } = world;
        const arm = (armState: number) =>
          ask({
            path: `/api/v1/ajax/hubs/${hubId}/arm-state`,
            token,
            body: JSON.stringify({ armState, ignoreProblems: true }),
          });
        expect((await arm(1)).status).toBe(200);
        expect(JSON.parse((await ask({ path: `/api/v1/ajax/hubs/${hubId}`, token })).body)).toMatchObject({
          state: 'ARMED',
        });
        expect((await arm(0)).status).toBe(200);
      });

      it("the victim's session, command and hubs are as they were", async () => {
        const { token, commandId } = world.victim;
        expect((await ask({ path: '/api/v1/ajax/hubs', token })).status).toBe(200);
        expect(JSON.parse((await ask({ path: `/api/v1/commands/${commandId}`, token })).body)).toMatchObject({
          state: 'confirmed',
        });
        const touched = product.simulator.journal
          .arrivals()
          .filter(({ method, path }) => method !== 'GET' && path.includes(world.victim.hubId));
        expect(touched.map(({ method }) => method)).toEqual(['PUT']);
      });

      it("the attacker's asynchronous reads have ended in nothing", async () => {
        const { token, hubId, victim } = world;
        const path = `/api/v1/ajax/hubs/${hubId}/devices/${victim.deviceId}`;
        const last = await ask({ path, token, headers: { prefer: 'respond-async' } });
        if (last.status === 202) jobs.add(last.headers.location ?? '');
        else expect(last.status).toBe(404);
        for (const job of jobs) {
          await expect
            .poll(
              async () => {
                const answer = await ask({ path: job, token });
                expectCivil(answer);
                return (JSON.parse(answer.body) as { state: string }).state;
              },
              { timeout: 30_000, interval: 500 },
            )
            .toBe('failed');
        }
      });

      it('every probe is counted for the operator', async () => {
        const { body } = await ask({ path: '/metrics', token: METRICS_TOKEN });
        for (const rule of [
          'traversal',
          'control',
          'dotfile',
          'script',
          'dump',
          'panel',
          'json',
          'malformed_request',
          'uri_too_long',
          'headers_too_large',
          'request_timeout',
        ]) {
          expect(body).toMatch(new RegExp(`ajaxsecurflow_shield_refused_total\\{rule="${rule}"\\} [1-9]`));
        }
      });

      it('nothing was a fault, and no secret was logged', () => {
        const output = product.output();
        expect(
          output.split('\n').filter((line) => /"level":(50|60)|unhandled|Uncaught|panicked/i.test(line)),
        ).toEqual([]);
        for (const secret of [SECRET_KEY, METRICS_TOKEN, API_KEY, world.token, world.victim.token]) {
          expect(output).not.toContain(secret);
        }
      });

      it('memory is back to normal', async () => {
        await expect
          .poll(() => residentMegabytes(product) - memoryBefore, { timeout: 60_000, interval: 1_000 })
          .toBeLessThan(300);
      });

      it('it stops although clients hang, and the trail holds one event per client and minute', async () => {
        const hanging = [
          exchange(port, 'GET /hea', { untilClosed: true }),
          exchange(port, 'POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{', {
            untilClosed: true,
          }),
          exchange(port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n', { untilClosed: true }),
        ];
        await ask({ path: '/.env' }, '127.40.0.1');
        await ask({ path: '/x.php' }, '127.40.0.1');
        await stop(product.process, 'SIGTERM');
        expect(product.process.exitCode).toBe(0);
        for (const answer of await Promise.all(hanging)) expect(answer.isClosed).toBe(true);

        const database = await openPglite(join(product.dataDirectory, 'live'));
        try {
          const rows = await database.sql
            .select()
            .from(auditRecords)
            .where(eq(auditRecords.action, 'shield.refused'));
          expect(rows.filter(({ ipAddress }) => ipAddress === '127.40.0.1')).toMatchObject([
            {
              accountId: null,
              severity: 'warning',
              endpoint: '/.env',
              payload: { total: 2, by_rule: { dotfile: 1, script: 1 } },
            },
          ]);
          const sum = rows.reduce((total, { payload }) => total + (payload as { total: number }).total, 0);
          expect(sum).toBeGreaterThan(300);
          expect(rows.length).toBeLessThan(40);
        } finally {
          await database.close();
        }
      });
    });

    const counted = { total: 0 };
  });
}

/** Two accounts signed in, the victim with a command, a job and everything it owns known by name. */
async function prepare(product: Product, ask: (request: Message, from?: string) => Promise<Answer>) {
  const json = async <T>(request: Message) => {
    const answer = await ask(request);
    if (answer.status >= 300) throw new Error(`${request.path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as T;
  };
  const signIn = async (index: number) => {
    const { login: username = '', password = '' } = product.simulator.accounts[index] ?? {};
    const pair = await json<{ access_token: string; refresh_token: string; userId: string }>({
      path: '/api/v1/auth/token',
      body: JSON.stringify({ username, password }),
    });
    return { credentials: { username, password }, ...pair };
  };
  const [attacker, ended, other] = [await signIn(0), await signIn(0), await signIn(2)];
  await json({ method: 'POST', path: '/api/v1/auth/logout', token: ended.access_token });

  type Named = { id: string; name?: string; roomName?: string };
  const hubsOf = (token: string) => json<Named[]>({ path: '/api/v1/ajax/hubs', token });
  const [own] = await hubsOf(attacker.access_token);
  const [own0 = { id: '' }] = await json<Named[]>({
    path: `/api/v1/ajax/hubs/${own?.id}/devices`,
    token: attacker.access_token,
  });
  const theirs = await hubsOf(other.access_token);
  const hub = theirs[0] ?? { id: '' };
  const base = `/api/v1/ajax/hubs/${hub.id}`;
  const token = other.access_token;
  const devices = await json<Named[]>({ path: `${base}/devices`, token });
  const rooms = await json<Named[]>({ path: `${base}/rooms`, token });
  const command = await json<{ command_id: string }>({
    path: `${base}/arm-state`,
    token,
    body: '{"armState":0}',
  });
  // The coordinator looks at the hub again 2 s after its answer; the tables begin when nothing is under way.
  const receipt = () => json<{ state: string }>({ path: `/api/v1/commands/${command.command_id}`, token });
  await vi.waitFor(async () => expect((await receipt()).state).toBe('confirmed'), {
    timeout: 60_000,
    interval: 250,
  });
  const job = await json<{ id: string }>({
    path: `${base}/groups`,
    token,
    headers: { prefer: 'respond-async', 'cache-control': 'no-cache' },
  });
  const document = await json<{ paths: Record<string, object> }>({ path: '/api/v1/openapi.json' });

  const world: World = {
    secretKey: SECRET_KEY,
    token: attacker.access_token,
    refreshToken: attacker.refresh_token,
    hubId: own?.id ?? '',
    deviceId: own0.id,
    credentials: attacker.credentials,
    ended: { token: ended.access_token, refreshToken: ended.refresh_token },
    victim: {
      token,
      refreshToken: other.refresh_token,
      userId: other.userId,
      hubId: hub.id,
      deviceId: devices[0]?.id ?? '',
      roomId: rooms[0]?.id ?? '',
      commandId: command.command_id,
      jobId: job.id ?? '',
    },
    routes: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    ),
  };
  const names = [...theirs, ...devices, ...rooms].flatMap(({ name, roomName }) => [name, roomName]);
  const unspeakable = [
    SECRET_KEY,
    METRICS_TOKEN,
    API_KEY,
    other.access_token,
    other.refresh_token,
    other.credentials.username,
    // Words that only the other's installation has; short ones could stand anywhere.
    ...names.filter((name): name is string => (name?.length ?? 0) > 8),
  ];
  return { world, unspeakable };
}

/** Resident memory of the process, in megabytes. */
function residentMegabytes(product: Product): number {
  const status = readFileSync(`/proc/${product.process.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
