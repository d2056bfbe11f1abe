import { describe, expect, it } from 'vitest';
import { createSessionFetch, type SessionEnd } from '../../../web/src/api/session-fetch.ts';

const refusal = (code = 'invalid_credentials', status = 401) =>
  Response.json({ code, status, detail: 'refused' }, { status });

interface World {
  /** Answers of the gateway, by path. */
  readonly answer: (path: string, calls: readonly string[]) => Response | Promise<Response>;
  renewedAt?: number;
}

function setUp(world: World) {
  const calls: string[] = [];
  const ends: SessionEnd[] = [];
  let renewedAt = world.renewedAt ?? 0;
  let clock = 100;
  const sessionFetch = createSessionFetch({
    fetch: async (path) => {
      calls.push(path);
      return world.answer(path, calls);
    },
    exclusively: (task) => task(),
    renewedAt: {
      read: () => renewedAt,
      write: (atMs) => {
        renewedAt = atMs;
      },
    },
    now: () => {
      clock += 1;
      return clock;
    },
    onSessionEnded: (reason) => ends.push(reason),
  });
  return { sessionFetch, calls, ends };
}

const count = (calls: readonly string[], path: string) => calls.filter((call) => call === path).length;

describe('a call with an expired session', () => {
  it('renews the session once and repeats the call', async () => {
    let isRenewed = false;
    const { sessionFetch, calls } = setUp({
      answer: (path) => {
        if (path === '/api/v1/auth/refresh') {
          isRenewed = true;
          return Response.json({});
        }
        return isRenewed ? Response.json({ ok: true }) : refusal();
      },
    });
    await expect((await sessionFetch('/hubs')).json()).resolves.toEqual({ ok: true });
    expect(calls).toEqual(['/hubs', '/api/v1/auth/refresh', '/hubs']);
  });

  it('shares one renewal with every call that fails meanwhile', async () => {
    let isRenewed = false;
    const { sessionFetch, calls } = setUp({
      answer: async (path) => {
        if (path === '/api/v1/auth/refresh') {
          await Promise.resolve();
          isRenewed = true;
          return Response.json({});
        }
        return isRenewed ? Response.json({}) : refusal();
      },
    });
    await Promise.all([sessionFetch('/a'), sessionFetch('/b'), sessionFetch('/c')]);
    expect(count(calls, '/api/v1/auth/refresh')).toBe(1);
  });

  it('does not renew what another tab has renewed since the call was sent', async () => {
    const { sessionFetch, calls } = setUp({
      renewedAt: 1_000_000,
      answer: (path, calls) => (count(calls, path) > 1 ? Response.json({}) : refusal()),
    });
    await sessionFetch('/hubs');
    expect(calls).toEqual(['/hubs', '/hubs']);
  });

  it('looks once more whether another tab won before it gives the session up', async () => {
    const { sessionFetch, calls, ends } = setUp({
      answer: (path, calls) => {
        if (path === '/api/v1/auth/refresh') return refusal();
        if (path === '/api/v1/auth/me') return Response.json({});
        return count(calls, path) > 1 ? Response.json({}) : refusal();
      },
    });
    await sessionFetch('/hubs');
    expect(calls).toEqual(['/hubs', '/api/v1/auth/refresh', '/api/v1/auth/me', '/hubs']);
    expect(ends).toEqual([]);
  });

  it('ends the session when nothing helps', async () => {
    const { sessionFetch, ends } = setUp({ answer: () => refusal() });
    await expect(sessionFetch('/hubs')).rejects.toMatchObject({ status: 401 });
    expect(ends).toEqual(['expired']);
  });

  it('keeps the session when the gateway is only out of order', async () => {
    const { sessionFetch, ends } = setUp({
      answer: (path) => (path === '/api/v1/auth/refresh' ? refusal('unavailable', 503) : refusal()),
    });
    await expect(sessionFetch('/hubs')).rejects.toMatchObject({ status: 503 });
    expect(ends).toEqual([]);
  });
});

describe('a refusal', () => {
  it('carries what the caller needs to act', async () => {
    const { sessionFetch } = setUp({
      answer: () =>
        Response.json(
          {
            code: 'arming_refused',
            status: 412,
            detail: 'Not ready',
            retryable: false,
            rejection_reasons: [{ source_type: 'DoorProtect', source_id: 'D1', code: '20' }],
          },
          { status: 412, headers: { 'retry-after': '7' } },
        ),
    });
    await expect(sessionFetch('/arm')).rejects.toMatchObject({
      code: 'arming_refused',
      detail: 'Not ready',
      retryAfterSeconds: 7,
      rejectionReasons: [{ source_type: 'DoorProtect', source_id: 'D1', code: '20' }],
    });
  });

  it('by Ajax itself asks for the password again', async () => {
    const { sessionFetch, ends } = setUp({ answer: () => refusal('upstream_login_required', 502) });
    await expect(sessionFetch('/hubs')).rejects.toMatchObject({ status: 502 });
    expect(ends).toEqual(['upstream']);
  });

  it('is named a network error when no answer came', async () => {
    const { sessionFetch } = setUp({ answer: () => Promise.reject(new TypeError('fetch failed')) });
    await expect(sessionFetch('/hubs')).rejects.toMatchObject({ code: 'network', retryable: true });
  });
});
