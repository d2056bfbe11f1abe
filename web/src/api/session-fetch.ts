import { ApiError, networkError, readApiError } from './api-error.ts';

/** `upstream`: the gateway knows the person, but Ajax wants the password again. */
export type SessionEnd = 'expired' | 'upstream';

export interface SessionFetchDeps {
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Runs one task at a time across all tabs of this browser. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  /** When any tab last renewed the session, shared by all of them. */
  readonly renewedAt: { read(): number; write(atMs: number): void };
  readonly now: () => number;
  readonly onSessionEnded: (reason: SessionEnd) => void;
}

export type SessionFetch = (path: string, init?: RequestInit) => Promise<Response>;

const REFRESH_PATH = '/api/v1/auth/refresh';
const ME_PATH = '/api/v1/auth/me';

/**
 * A fetch that renews an expired session once and repeats the request. The refresh token rotates with every use, so
 * two renewals at the same time would sign the person out: calls of this tab share one, tabs take turns.
 * Refusals are thrown as ApiError.
 */
export function createSessionFetch(deps: SessionFetchDeps): SessionFetch {
  let renewal: Promise<void> | undefined;

  async function send(path: string, init?: RequestInit): Promise<Response> {
    const response = await deps.fetch(path, init).catch((reason: unknown) => {
      throw init?.signal?.aborted ? reason : networkError();
    });
    if (response.ok) return response;
    const error = await readApiError(response);
    if (error.code === 'upstream_login_required') deps.onSessionEnded('upstream');
    throw error;
  }

  async function renew(failedRequestSentAt: number): Promise<void> {
    await deps.exclusively(async () => {
      // Another tab may have renewed the session while this one waited its turn.
      if (deps.renewedAt.read() > failedRequestSentAt) return;
      try {
        await (await send(REFRESH_PATH, { method: 'POST' })).text();
      } catch (error) {
        if (!isSessionRefusal(error)) throw error;
        // A tab without a shared lock may have won the race for the rotating token: its cookies serve us too.
        await (await send(ME_PATH)).text();
      }
      deps.renewedAt.write(deps.now());
    });
  }

  return async (path, init) => {
    const sentAt = deps.now();
    try {
      return await send(path, init);
    } catch (error) {
      if (!isExpiredSession(error)) throw error;
    }
    try {
      renewal ??= renew(sentAt).finally(() => {
        renewal = undefined;
      });
      await renewal;
      return await send(path, init);
    } catch (error) {
      if (isSessionRefusal(error)) deps.onSessionEnded('expired');
      throw error;
    }
  };
}

const isExpiredSession = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 401 && error.code === 'invalid_credentials';

const isSessionRefusal = (error: unknown): boolean => error instanceof ApiError && error.status === 401;
