import { networkError, readApiError } from './api-error.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createSessionFetch, type SessionEnd } from './session-fetch.ts';

const RENEWED_AT_KEY = 'session-renewed-at';
const RENEWAL_LOCK = 'session-renewal';

/** The gateway as a browser reaches it: same origin, HttpOnly cookies, one renewal at a time across tabs. */
export function createBrowserGateway(onSessionEnded: (reason: SessionEnd) => void): Gateway {
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(path, { credentials: 'same-origin', ...init });

  return createGateway({
    fetch: createSessionFetch({
      fetch: send,
      // navigator.locks exists on HTTPS and localhost only; a gateway on plain HTTP falls back to this tab's own order.
      exclusively: async <T>(task: () => Promise<T>): Promise<T> =>
        navigator.locks ? navigator.locks.request(RENEWAL_LOCK, task) : task(),
      renewedAt: { read: readRenewedAt, write: writeRenewedAt },
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

function readRenewedAt(): number {
  try {
    return Number(localStorage.getItem(RENEWED_AT_KEY) ?? 0);
  } catch {
    return 0;
  }
}

function writeRenewedAt(atMs: number): void {
  try {
    localStorage.setItem(RENEWED_AT_KEY, String(atMs));
  } catch {
    // Without storage other tabs only renew once more than needed.
  }
}
