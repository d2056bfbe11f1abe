/** A call as the coordinator's callers see it, and how long it may keep them. */
import type { Clock } from '../src/kernel/clock.ts';
import { GatewayError } from '../src/kernel/errors.ts';
import type { Content } from './contract/content.ts';
import type { Lane } from './contract/messages.ts';
import type { RequestQuota } from './quota/quotas.ts';

export interface CallRequest {
  readonly account: string;
  readonly method: string;
  /** Decoded path segments below the user. */
  readonly segments: readonly string[];
  /** Without question mark. */
  readonly query: string;
  readonly content: Content | undefined;
  readonly lane: Exclude<Lane, 'auth'>;
  /** Share of the lane, 1 to 100 (promise P4). */
  readonly weight: number;
  /** An `Accept-Language` that may go on to Ajax. */
  readonly languages?: string | undefined;
  readonly noCache: boolean;
  /** Whatever Ajax answers will do; otherwise only JSON does. */
  readonly anyContent: boolean;
  /** Of reads: what the account may have; undefined: as much as it likes. */
  readonly quota?: RequestQuota | undefined;
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
  /** Empty when there is none; for callers who take only JSON also when it is none. */
  readonly body: Uint8Array;
  /** Of the body, as Ajax named it; undefined when it did not. */
  readonly contentType: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly cache:
    | { readonly state: 'HIT' | 'MISS' | 'STALE'; readonly ageMs: number; readonly ttlMs: number }
    | undefined;
}

/** Work that has not been sent by then is never sent (promise P5). */
export const START_WITHIN_MS = 20_000;
/** No caller is held longer (promise P5). */
const HOLD_MS = 25_000;

/** Monotonic time until which work for this caller may start. */
export const startBy = (clock: Clock, { heldMs }: Pick<RequestContext, 'heldMs'>) =>
  clock.monotonic() + START_WITHIN_MS - heldMs;

/** Milliseconds the caller may still be held. */
export const holdFor = ({ heldMs }: Pick<RequestContext, 'heldMs'>) => Math.max(0, HOLD_MS - heldMs);

export interface Hold {
  /** Aborts when the caller leaves or has been held for long enough. */
  readonly signal: AbortSignal;
  /** To be told when the request is being written. */
  wrote(): void;
}

/**
 * Lets go of the caller of a read or a login after 25 s, of which it may have spent some already. The work is told by
 * the signal, and goes on when it was sent: its token, its session and the cache still need its end.
 * @throws GatewayError budget_exhausted, upstream_timeout; the caller's reason when it left
 */
export async function withHold<T>(
  clock: Clock,
  context: Pick<RequestContext, 'signal' | 'heldMs'>,
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const { signal: caller } = context;
  const controller = new AbortController();
  let isSent = false;
  const letGo = () => {
    controller.abort(
      isSent
        ? new GatewayError('upstream_timeout')
        : new GatewayError('budget_exhausted', { retryAfterSeconds: 1 }),
    );
  };
  const leave = () => controller.abort(caller.reason);
  if (caller.aborted) leave();
  controller.signal.throwIfAborted();
  const cancel = clock.after(holdFor(context), letGo);
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
    });
    return await Promise.race([running, released]);
  } finally {
    cancel();
    caller.removeEventListener('abort', leave);
  }
}
