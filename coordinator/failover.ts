/**
 * Several coordinators as one: whichever is active or stands by is asked, the next one when it is gone. A request is
 * sent again only where that is safe (promise P6): nothing of it was begun, or it only reads.
 */
import type { Clock } from '../src/kernel/clock.ts';
import { type CoordinatorFetch, mayHaveArrived } from './contract/client.ts';
import { coordinatorHeaders } from './contract/headers.ts';
import { pause } from './pause.ts';

export interface FailOverOptions {
  /** The same installation at several addresses; each rejects within 2 s when its coordinator hangs. */
  readonly coordinators: readonly CoordinatorFetch[];
  readonly clock: Clock;
}

/** Who finds nobody is told so within 2 s (promise P11). */
const FIND_WITHIN_MS = 1_500;
/** While a coordinator says that another is about to take over, which takes less than 5 s. */
const HANDOVER_WITHIN_MS = 6_000;
const PAUSE_MS = 150;

type Tried =
  | { readonly response: Response; readonly isRepeatable: boolean }
  | { readonly error: unknown; readonly isRepeatable: boolean };

/** Rejects, or answers, as the last coordinator that was tried. */
export function failOver({ coordinators, clock }: FailOverOptions): CoordinatorFetch {
  /** The one that was of use last. */
  let preferred = 0;

  async function attempt(request: Request, coordinator: CoordinatorFetch | undefined): Promise<Tried> {
    if (coordinator === undefined) throw new Error('There is no coordinator to ask');
    try {
      const response = await coordinator(request);
      return { response, isRepeatable: response.headers.has(coordinatorHeaders.repeatable) };
    } catch (error) {
      return { error, isRepeatable: request.method === 'GET' || !mayHaveArrived(error) };
    }
  }

  return async (request) => {
    const copy = await copier(request);
    const startedAt = clock.monotonic();
    let giveUpAt = startedAt + FIND_WITHIN_MS;
    for (let asked = 1; ; asked++) {
      const current = preferred;
      const tried = await attempt(copy(clock.monotonic() - startedAt), coordinators[current]);
      if (!tried.isRepeatable || request.signal.aborted) return conclude(tried);
      // A request beside this one may have moved on already.
      if (preferred === current) preferred = (current + 1) % coordinators.length;
      if ('response' in tried) giveUpAt = startedAt + HANDOVER_WITHIN_MS;
      // Everybody has been asked: nobody has it now, but soon somebody may.
      const pauseMs = asked % coordinators.length === 0 ? PAUSE_MS : 0;
      if (clock.monotonic() + pauseMs >= giveUpAt) return conclude(tried);
      if (pauseMs > 0) await pause(clock, pauseMs, request.signal);
    }
  };
}

function conclude(tried: Tried): Response {
  if ('error' in tried) throw tried.error;
  return tried.response;
}

/** Makes the request anew for each attempt, with the time its caller has been held meanwhile (promise P5). */
async function copier(request: Request): Promise<(heldMs: number) => Request> {
  const body = request.body === null ? null : await request.arrayBuffer();
  const heldBefore = Number(request.headers.get(coordinatorHeaders.heldMs) ?? 0);
  return (heldMs) => {
    const headers = new Headers(request.headers);
    headers.set(coordinatorHeaders.heldMs, String(Math.round(heldBefore + heldMs)));
    const { method, signal } = request;
    return new Request(request.url, { method, headers, signal, body });
  };
}
