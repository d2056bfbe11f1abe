/** Ajax, whose every text says for whom and by which arrival it was made. Answers wait until they are let go. */
import { createHash } from 'node:crypto';
import type { OutgoingRequest, SendOnce, SendResult } from '../../../src/kernel/send-once.undici.ts';
import { DEVICE_ID, GROUP_ID, markerOf, type Person, type World } from './world.ts';

export const verdicts = [
  'answers',
  'answers',
  'answers',
  'answers',
  'starts-arming',
  'unauthorized',
  'throttles',
  'is-overloaded',
  'fails',
  'refuses',
  'resets',
] as const;
export type Verdict = (typeof verdicts)[number];

/** Arrivals that may have changed a hub, in the order of all arrivals. */
export interface HubChange {
  readonly hubId: string;
  readonly arrival: number;
}

export interface BrandedAjax {
  readonly send: SendOnce;
  /** Arrivals so far. */
  arrivals(): number;
  readonly changes: readonly HubChange[];
  /** What Ajax itself saw that must not be: one person's session used for another. */
  readonly violations: string[];
  /** Every session and refresh token, and whose it is. */
  readonly tokens: ReadonlyMap<string, Person>;
  /** Lets the n-th of the waiting answers go, modulo their number. */
  release(n: number, verdict: Verdict): void;
  /** From now on, or until `shut`, every answer comes at once. */
  open(): void;
  shut(): void;
  /** Session tokens end; refresh tokens do not. */
  expire(): void;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

export function createBrandedAjax(world: World): BrandedAjax {
  const violations: string[] = [];
  const tokens = new Map<string, Person>();
  const valid = new Set<string>();
  const changes: HubChange[] = [];
  let waiting: ((verdict: Verdict) => void)[] = [];
  let isOpen = true;
  let arrivals = 0;
  let issued = 0;

  function issue(person: Person): Reply {
    const [sessionToken, refreshToken] = ['session', 'refresh'].map((kind) => {
      const token = `${kind}-r${world.run}p${person.index}n${++issued}`;
      tokens.set(token, person);
      valid.add(token);
      return token;
    });
    return { status: 200, body: { userId: person.userId, sessionToken, refreshToken } };
  }

  function signIn({ body }: OutgoingRequest): Reply {
    const { login, passwordHash } = JSON.parse(String(body)) as Record<string, string>;
    const person = world.people.find(({ email }) => email === login);
    if (person && hashOf(person.password) === passwordHash) return issue(person);
    return { status: 401, body: { message: 'Wrong login or password' } };
  }

  function refresh({ body }: OutgoingRequest): Reply {
    const { userId, refreshToken = '' } = JSON.parse(String(body)) as Record<string, string>;
    const person = tokens.get(refreshToken);
    if (person !== undefined && person.userId !== userId) {
      violations.push(`the refresh token of ${person.userId} was sent for ${userId}`);
    }
    if (person === undefined || !valid.delete(refreshToken)) {
      return { status: 401, body: { message: 'Token is gone' } };
    }
    return issue(person);
  }

  /** Whose session it is, and what they ask for below themselves. */
  function asPerson({ path, headers }: OutgoingRequest) {
    const token = headers['x-session-token'] ?? '';
    const person = tokens.get(token);
    const [, , , userId = '', ...segments] = (path.split('?')[0] ?? '').split('/').map(decodeURIComponent);
    if (person === undefined || !valid.has(token)) return undefined;
    if (person.userId !== userId) violations.push(`${person.userId}'s session asked for ${userId}`);
    const [kind, hubId] = segments;
    if (kind === 'hubs' && hubId !== undefined && !person.hubIds.includes(hubId)) {
      violations.push(`${person.userId} asked for the hub ${hubId}, which is not theirs`);
    }
    return { person, segments };
  }

  function reply(request: OutgoingRequest, arrival: number, verdict: Verdict): Reply {
    const [pathname = ''] = request.path.split('?');
    const known = asPerson(request);
    const brand = (kind: string) =>
      known === undefined ? `~unknown~` : markerOf(world, known.person, arrival, kind);
    const words = { message: `Words ${brand('words')}`, messageId: brand('words') };
    if (verdict === 'throttles') return { status: 429, body: words, headers: { 'retry-after': '1' } };
    if (verdict === 'is-overloaded') return { status: 503, body: words, headers: { 'retry-after': '1' } };
    if (verdict === 'fails') return { status: 500, body: words };
    if (pathname === '/api/login') return signIn(request);
    if (pathname === '/api/refresh') return refresh(request);
    if (known === undefined || verdict === 'unauthorized') return { status: 401, body: words };
    const { person, segments } = known;
    if (verdict === 'refuses') {
      const rejectionReasons = [{ sourceType: 'DEVICE', sourceId: brand('words'), code: brand('words') }];
      const errors = [{ resource: 'hub', field: 'x', code: 'invalid', message: brand('words') }];
      return { status: request.method === 'PUT' ? 412 : 403, body: { ...words, errors, rejectionReasons } };
    }
    if (request.method === 'PUT') {
      return verdict === 'starts-arming' ? { status: 202, body: { token: brand('token') } } : { status: 204 };
    }
    return { status: 200, body: resource(person, segments, brand) };
  }

  return {
    violations,
    tokens,
    changes,
    arrivals: () => arrivals,
    async send(request): Promise<SendResult> {
      await Promise.resolve();
      if (request.mayWrite?.() === false) return { kind: 'unwritten', reason: 'refused', error: undefined };
      const arrival = ++arrivals;
      const verdict = isOpen
        ? 'answers'
        : await new Promise<Verdict>((resolve) => {
            waiting.push(resolve);
          });
      const proof = verdict === 'unauthorized' || verdict === 'throttles';
      const [, hubId] = /\/hubs\/([^/]+)\/.*arming$/.exec(request.path) ?? [];
      if (request.method === 'PUT' && hubId !== undefined && !proof) changes.push({ hubId, arrival });
      if (verdict === 'resets')
        return { kind: 'unanswered', reason: 'connection', error: new Error('reset') };
      const { status, headers, body } = reply(request, arrival, verdict);
      request.onStatus?.(status);
      const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
      return { kind: 'answered', status, headers: new Headers(headers), body: bytes };
    },
    release(n, verdict) {
      if (waiting.length > 0) waiting.splice(n % waiting.length, 1)[0]?.(verdict);
    },
    open() {
      isOpen = true;
      for (const letGo of waiting) letGo('answers');
      waiting = [];
    },
    shut() {
      isOpen = false;
    },
    expire() {
      for (const token of valid) if (token.startsWith('session')) valid.delete(token);
    },
  };
}

function resource(
  person: Person,
  [kind, hubId, collection, id]: readonly string[],
  brand: (kind: string) => string,
): unknown {
  const own = brand('own');
  if (kind === undefined) return { login: person.email, firstName: own, phone: own, language: own };
  if (hubId === undefined) return person.hubIds.map((each) => ({ hubId: each, hubBindingRole: own }));
  const text = brand('hub');
  const device = {
    id: DEVICE_ID,
    deviceType: text,
    deviceName: text,
    state: text,
    color: text,
    roomId: text,
  };
  switch (collection) {
    case undefined:
      return {
        ...{ id: hubId, name: text, color: text, timeZone: text, hubSubtype: text, state: 'DISARMED' },
        ...{ activeChannels: [text], firmware: { version: text }, hubMalfunctions: [text] },
      };
    case 'devices':
      return id === undefined ? [{ ...device, model: { ...device, malfunctions: [text] } }] : device;
    case 'rooms':
      return [{ id: 'B0', roomName: text, imageUrls: { small: text } }];
    case 'groups':
      return [{ id: GROUP_ID, groupName: text, state: text }];
    default:
      return { status: 'SUCCESS' };
  }
}
