/**
 * Ajax, as strict as the real one is feared to be: sessions of 15 minutes, refresh tokens used once, effects that show
 * late, arming in two stages. What it executed and when is the truth that the judge compares the answers with.
 */
import type { Chance } from './chance.ts';
import type { Time } from './time.ts';

/** A request on its way to Ajax. */
export interface Exchange {
  /** In the order of writing. */
  readonly serial: number;
  /** Of the process that wrote it. */
  readonly process: string;
  /** The place of its API key, from 1. */
  readonly key: number;
  /** True time of the last look at the lease, the booking and the deadline. */
  readonly checkedAt: number;
  readonly method: string;
  /** Decoded, below the API's base. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly body: unknown;
  /** Of a command: the wish of the caller it carries out. */
  readonly wish: string | undefined;
  readonly hub: string | undefined;
}

export interface AjaxAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** It changed something, or will. */
  readonly isExecuted: boolean;
}

export interface Member {
  readonly login: string;
  /** Lower case. */
  readonly account: string;
  readonly hubs: readonly string[];
}

export interface Ajax {
  /** Arrives now. */
  receive(exchange: Exchange): AjaxAnswer;
  /** Its own clock, ms. */
  clock(): number;
  /** Effects on a hub that showed by then. */
  effectsBy(hub: string, at: number): number;
  /** Answers with 429, or with the 200 that only has a message. */
  throttle(forMs: number, how: 'status' | 'message'): void;
  /** Answers 503 to everything, or to everything about one hub. */
  fail(forMs: number, hub?: string): void;
  /** Does not take one API key for a while. */
  revoke(key: number, forMs: number): void;
  /** Sessions end: they can be refreshed, or have to be made anew. */
  endSessions(account: string, how: 'refreshable' | 'lost'): void;
}

const SESSION_MS = 15 * 60_000;
const LATEST_EFFECT_MS = 9_000;
const MOST_DRIFT = 50e-6;

/** Belongs to the key it was made with. */
interface Session {
  readonly account: string;
  readonly key: number;
  endsAt: number;
}

interface Hub {
  state: string;
  /** True times, in order. */
  readonly effects: number[];
  readonly stages: Map<string, { readonly endsAt: number; readonly status: 'SUCCESS' | 'ERROR' }>;
}

export function createAjax(time: Time, chance: Chance, members: readonly Member[]): Ajax {
  const rate = 1 + chance.between(-MOST_DRIFT, MOST_DRIFT);
  const offset = chance.between(-5_000, 5_000);
  const byLogin = new Map(members.map((member) => [member.login, member]));
  const byAccount = new Map(members.map((member) => [member.account, member]));
  const sessions = new Map<string, Session>();
  const refreshTokens = new Map<
    string,
    { readonly account: string; readonly key: number; readonly token: string }
  >();
  const hubs = new Map<string, Hub>();
  let tokens = 0;
  let throttled = { until: 0, how: 'status' as 'status' | 'message' };
  let failsUntil = 0;
  const offlineUntil = new Map<string, number>();
  const revokedUntil = new Map<number, number>();

  const hubOf = (id: string): Hub => {
    const hub = hubs.get(id) ?? { state: 'DISARMED', effects: [], stages: new Map() };
    hubs.set(id, hub);
    return hub;
  };
  const refuse = (status: number, message: string): AjaxAnswer => answer(status, { message }, false);
  const answer = (status: number, body: unknown, isExecuted: boolean): AjaxAnswer => ({
    ...{ status, body, isExecuted },
    headers: {},
  });

  function newSession(account: string, key: number): AjaxAnswer {
    const token = `session-${++tokens}`;
    const refreshToken = `refresh-${tokens}`;
    sessions.set(token, { account, key, endsAt: time.now() + SESSION_MS });
    refreshTokens.set(refreshToken, { account, key, token });
    return answer(200, { userId: account.toUpperCase(), sessionToken: token, refreshToken }, false);
  }

  function refresh({ key, body: tokens }: Exchange): AjaxAnswer {
    const body = tokens as { userId: string; refreshToken: string };
    const known = refreshTokens.get(body.refreshToken);
    if (known?.account !== body.userId.toLowerCase() || known.key !== key) {
      return refuse(401, 'Wrong refresh token');
    }
    refreshTokens.delete(body.refreshToken);
    sessions.delete(known.token);
    return newSession(known.account, key);
  }

  function show(hub: Hub, state: string | undefined): void {
    hub.effects.push(time.now());
    if (state !== undefined) hub.state = state;
  }

  function execute(member: Member, exchange: Exchange): AjaxAnswer {
    const { hub: id, body, segments } = exchange;
    // Without a hub in its path it may touch all hubs of its account.
    const touched = id === undefined ? member.hubs : [id];
    const word = (body as { command?: string }).command;
    const state = word === 'ARM' ? 'ARMED' : word === 'DISARM' ? 'DISARMED' : undefined;
    const isArming = segments.at(-1) === 'arming';
    if (isArming && word === 'ARM' && id !== undefined && chance.happens(0.3)) {
      const token = `stage-${++tokens}`;
      const stage = {
        endsAt: time.now() + chance.between(3_000, 25_000),
        status: chance.happens(0.85) ? ('SUCCESS' as const) : ('ERROR' as const),
      };
      const hub = hubOf(id);
      hub.stages.set(token, stage);
      if (stage.status === 'SUCCESS') time.after(stage.endsAt - time.now(), () => show(hub, state));
      return answer(202, { token }, true);
    }
    if (isArming && chance.happens(0.05)) {
      return answer(409, { message: 'Not armed', rejectionReasons: [{ code: 'OPEN' }] }, false);
    }
    const delayMs = chance.happens(0.6) ? 0 : chance.between(0, LATEST_EFFECT_MS);
    for (const each of touched) {
      if (delayMs === 0) show(hubOf(each), state);
      else time.after(delayMs, () => show(hubOf(each), state));
    }
    return answer(chance.happens(0.5) ? 204 : 200, chance.happens(0.5) ? {} : undefined, true);
  }

  function read(member: Member, { hub: id, segments, query, serial }: Exchange): AjaxAnswer {
    // What every answer says of itself, so that the judge knows where it comes from.
    const mark = { account: member.account, serial };
    if (id === undefined) {
      return answer(
        200,
        member.hubs.map((hubId) => ({ hubId, hubBindingRole: 'MASTER', ...mark })),
        false,
      );
    }
    const hub = hubOf(id);
    const token = query.get('token');
    if (segments.at(-1) === 'arming' && token !== null) {
      const stage = hub.stages.get(token);
      if (stage === undefined) return refuse(404, 'No such command');
      return answer(200, { status: time.now() < stage.endsAt ? 'IN_PROGRESS' : stage.status }, false);
    }
    return answer(200, { id, state: hub.state, effects: hub.effects.length, ...mark }, false);
  }

  function receive(exchange: Exchange): AjaxAnswer {
    const { segments, method, token, hub, key } = exchange;
    const now = time.now();
    if (now < (revokedUntil.get(key) ?? 0)) return refuse(401, 'User is not authorized');
    if (now < throttled.until) {
      if (throttled.how === 'message') {
        return answer(200, { message: 'You have exceeded the limit in 100 requests per minute' }, false);
      }
      const seconds = Math.ceil((throttled.until - now) / 1_000);
      return { ...refuse(429, 'Too many requests'), headers: { 'retry-after': String(seconds) } };
    }
    if (now < failsUntil) return refuse(503, 'Service unavailable');
    if (segments[0] === 'login') {
      const member = byLogin.get((exchange.body as { login: string }).login);
      return member === undefined ? refuse(401, 'Wrong login or password') : newSession(member.account, key);
    }
    if (segments[0] === 'refresh') return refresh(exchange);
    const session = token === undefined ? undefined : sessions.get(token);
    const member = byAccount.get(segments[1]?.toLowerCase() ?? '');
    const isTheirs = session?.account === member?.account && session?.key === key;
    if (session === undefined || member === undefined || !isTheirs) {
      return refuse(401, 'Wrong session token');
    }
    if (now >= session.endsAt) return refuse(401, 'The session is over');
    if (hub !== undefined && !member.hubs.includes(hub)) return refuse(404, 'No such hub');
    if (hub !== undefined && now < (offlineUntil.get(hub) ?? 0)) return refuse(503, 'The hub is offline');
    return method === 'GET' ? read(member, exchange) : execute(member, exchange);
  }

  return {
    receive,
    clock: () => time.now() * rate + offset,
    effectsBy(hub, at) {
      const { effects } = hubOf(hub);
      let count = effects.length;
      while (count > 0 && (effects[count - 1] as number) > at) count--;
      return count;
    },
    throttle(forMs, how) {
      throttled = { until: time.now() + forMs, how };
    },
    fail(forMs, hub) {
      if (hub === undefined) failsUntil = time.now() + forMs;
      else offlineUntil.set(hub, time.now() + forMs);
    },
    revoke(key, forMs) {
      revokedUntil.set(key, time.now() + forMs);
    },
    endSessions(account, how) {
      for (const [token, session] of sessions) if (session.account === account) sessions.delete(token);
      if (how === 'refreshable') return;
      for (const [token, known] of refreshTokens) if (known.account === account) refreshTokens.delete(token);
    },
  };
}
