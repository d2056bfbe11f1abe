import { networkError, readApiError } from './api-error.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { type QuotaLeft, readQuotaLeft } from './quota-left.ts';
import { createSessionFetch, type SessionEnd } from './session-fetch.ts';

export interface GatewayEvents {
  readonly onSessionEnded: (reason: SessionEnd) => void;
  /** Some answer said what is left of the plan's quotas. */
  readonly onQuotaLeft: (left: readonly QuotaLeft[]) => void;
}

const RENEWED_AT_KEY = 'session-renewed-at';
const SIGNED_IN_KEY = 'signed-in';
const RENEWAL_LOCK = 'session-renewal';

/** The gateway as a browser reaches it: same origin, HttpOnly cookies, one renewal at a time across tabs. */
export function createBrowserGateway({ onSessionEnded, onQuotaLeft }: GatewayEvents): Gateway {
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(path, { credentials: 'same-origin', ...init });
    const left = readQuotaLeft(response.headers.get('ratelimit'));
    if (left.length > 0) onQuotaLeft(left);
    return response;
  };

  return createGateway({
    fetch: createSessionFetch({
      fetch: send,
      // navigator.locks exists on HTTPS and localhost only; a gateway on plain HTTP falls back to this tab's own order.
      exclusively: async <T>(task: () => Promise<T>): Promise<T> =>
        navigator.locks ? navigator.locks.request(RENEWAL_LOCK, task) : task(),
      renewedAt: {
        read: () => Number(readStored(RENEWED_AT_KEY) ?? 0),
        write: (atMs) => store(RENEWED_AT_KEY, String(atMs)),
      },
      now: () => Date.now(),
      onSessionEnded,
    }),
    fetchOnce: async (path, init) => {
      const response = await send(path, init).catch(() => {
        throw networkError();
      });
      if (!response.ok) throw await readApiError(response);
      return response;
    },
  });
}

/**
 * Whether somebody signed in with this browser. The cookies that say so are hidden from scripts; without this note a
 * first visit would ask the gateway who it is, only to be refused.
 */
export const signedInNote = {
  read: (): boolean => readStored(SIGNED_IN_KEY) !== null,
  write: (isSignedIn: boolean): void => store(SIGNED_IN_KEY, isSignedIn ? 'yes' : null),
};

/** Null when it was never stored, undefined when this browser does not say. */
function readStored(key: string): string | null | undefined {
  try {
    return localStorage.getItem(key);
  } catch {
    return undefined;
  }
}

function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Without storage the gateway is asked once more than needed.
  }
}
