/** A call as the coordinator's callers see it, and how long it may keep them. */
import type { Clock } from '../src/kernel/clock.ts';
import { type ErrorCode, GatewayError } from '../src/kernel/errors.ts';
import type { Lane } from './contract/messages.ts';

export interface CallRequest {
  readonly account: string;
  readonly method: string;
  /** Decoded path segments below the user. */
  readonly segments: readonly string[];
  /** Without question mark. */
  readonly query: string;
  readonly body: string | undefined;
  readonly lane: Exclude<Lane, 'auth'>;
  readonly noCache: boolean;
}

export interface RequestContext {
  readonly correlationId: string;
  /** The caller left. */
  readonly signal: AbortSignal;
  /** How long the caller has been held already, by earlier calls of the same request. Milliseconds. */
  readonly heldMs: number;
}

/** What Ajax answered, whatever its status. */
export interface CallAnswer {
  readonly status: number;
  /** Empty when there is none, or none that is JSON. */
  readonly body: Uint8Array;
  readonly retryAfterSeconds: number | undefined;
  readonly cache:
    | { readonly state: 'HIT' | 'MISS'; readonly ageMs: number; readonly ttlMs: number }
    | undefined;
}

/** Work that has not been sent by then is never sent (promise P5). */
export const START_WITHIN_MS = 20_000;
/** No caller is held longer (promise P5). */
const HOLD_MS = 25_000;

/** Monotonic time until which work for this caller may start. */
export const startBy = (clock: Clock, { heldMs }: Pick<RequestContext, 'heldMs'>) =>
  clock.monotonic() + START_WITHIN_MS - heldMs;

export interface Hold {
  /** Aborts when the caller leaves or has been held for long enough. */
  readonly signal: AbortSignal;
  /** To be told when the request is being written. */
  wrote(): void;
  /** To be told when an answer proved that what was written was not executed. */
  refused(): void;
}

/** What a caller is told who was held too long; of a mutation also one who left, because its audit record wants to know. */
const LET_GO: Record<'read' | 'mutation', { unsent: ErrorCode; sent: ErrorCode }> = {
  read: { unsent: 'budget_exhausted', sent: 'upstream_timeout' },
  mutation: { unsent: 'command_not_executed', sent: 'command_outcome_unknown' },
};

/**
 * Lets go of the caller after 25 s, of which it may have spent some already. The work is told by the signal, and goes on when it was sent: its token, its
 * session and the cache still need its end.
 */
export async function withHold<T>(
  clock: Clock,
  { signal: caller, heldMs }: Pick<RequestContext, 'signal' | 'heldMs'>,
  kind: 'read' | 'mutation',
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let isSent = false;
  const letGo = (cause?: unknown) => {
    const code = LET_GO[kind][isSent ? 'sent' : 'unsent'];
    controller.abort(new GatewayError(code, { cause, ...(isSent ? {} : { retryAfterSeconds: 1 }) }));
  };
  const leave = () => (kind === 'mutation' ? letGo(caller.reason) : controller.abort(caller.reason));
  if (caller.aborted) leave();
  controller.signal.throwIfAborted();
  const cancel = clock.after(Math.max(0, HOLD_MS - heldMs), letGo);
  caller.addEventListener('abort', leave, { once: true });
  const released = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  try {
    const running = work({
      signal: controller.signal,
      wrote() {
        isSent = true;
      },
      refused() {
        isSent = false;
      },
    });
    return await Promise.race([running, released]);
  } finally {
    cancel();
    caller.removeEventListener('abort', leave);
  }
}
