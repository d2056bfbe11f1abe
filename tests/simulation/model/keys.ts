/**
 * Each account goes by one API key: a session never leaves on another key than it was made with. A key that is known to
 * be refused is left alone but for a trial a minute.
 */
import type { Exchange } from '../world/ajax.ts';
import type { Check, Facts } from './facts.ts';

/** Of one process on one key. */
interface Knowledge {
  /** Accounts it heard refused because of the key, with nothing accepted in between. */
  readonly refused: Set<string>;
  /** Since when it must know. */
  knownSince: number | undefined;
  /** When it wrote something since. */
  readonly written: number[];
}

/** What had left the line before goes on until its deadline. */
const UNDER_WAY_MS = 25_000;
const PERIOD_MS = 55_000;
/** A call and the refresh it needs, each of which may have waited in the line; of two periods, where they meet. */
const MOST_TRIALS = 4;

export function watchKeys({ now, broken }: Facts): Check {
  const madeWith = new Map<string, number>();
  const knowledge = new Map<string, Knowledge>();

  function of({ process, key }: Exchange): Knowledge {
    const name = `${process} ${key}`;
    const known = knowledge.get(name) ?? { refused: new Set(), knownSince: undefined, written: [] };
    knowledge.set(name, known);
    return known;
  }

  return {
    opened(process) {
      // Another life, which has heard nothing yet.
      for (const name of knowledge.keys()) if (name.startsWith(`${process} `)) knowledge.delete(name);
    },
    checked(exchange) {
      const { key, token, body, serial } = exchange;
      const { refreshToken } = (body ?? {}) as { refreshToken?: string };
      const used = token ?? refreshToken;
      const own = used === undefined ? undefined : madeWith.get(used);
      if (own !== undefined && own !== key) {
        broken('keys', `${serial} left on key ${key} with a session of key ${own}`);
      }
      const { knownSince, written } = of(exchange);
      if (knownSince === undefined || now() < knownSince + UNDER_WAY_MS) return;
      written.push(now());
      while (written[0] !== undefined && written[0] < now() - PERIOD_MS) written.shift();
      if (written.length > MOST_TRIALS) {
        broken('keys', `${written.length} requests in ${PERIOD_MS} ms on key ${key}, which is refused`);
      }
    },
    arrived({ key }, { body }) {
      const { sessionToken, refreshToken } = (body ?? {}) as Record<string, string | undefined>;
      if (sessionToken !== undefined) madeWith.set(sessionToken, key);
      if (refreshToken !== undefined) madeWith.set(refreshToken, key);
    },
    heard(exchange, { status, body }) {
      const known = of(exchange);
      if (status < 300) {
        known.refused.clear();
        known.knownSince = undefined;
        known.written.length = 0;
        return;
      }
      const { message } = (body ?? {}) as { message?: string };
      if (exchange.segments[0] === 'user' || message !== 'User is not authorized') return;
      const { login, userId } = exchange.body as { login?: string; userId?: string };
      known.refused.add(login ?? userId ?? '');
      // The e-mail and the id of one account count as one.
      if (known.refused.size > 2) known.knownSince ??= now();
    },
  };
}
