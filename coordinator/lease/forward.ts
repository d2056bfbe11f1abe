/** A standby passes requests on to the active coordinator, each at most once. */
import { GatewayError, problemResponse } from '../../src/kernel/errors.ts';
import { readdress } from '../../src/kernel/readdress.ts';
import { mayHaveArrived } from '../contract/client.ts';
import { coordinatorHeaders } from '../contract/headers.ts';
import { withSpread } from '../spread-refusals.ts';

/** Never rejects. */
export type Forward = (request: Request, url: string) => Promise<Response>;

export interface ForwardOptions {
  /** Writes at most once and follows no redirect; an error with code ERR_NOT_WRITTEN says that nothing was written. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export function createForward({ fetch, random }: ForwardOptions): Forward {
  return async (request, url) => {
    const { pathname, search } = new URL(request.url);
    // The caller's token goes along: both processes share the secret.
    const passedOn = readdress(request, new URL(`${pathname}${search}`, url));
    passedOn.headers.set(coordinatorHeaders.forwarded, '1');
    try {
      return await fetch(passedOn);
    } catch (error) {
      return failed(request, error, random);
    }
  };
}

function failed(request: Request, cause: unknown, random: () => number): Response {
  const commandId = request.headers.get(coordinatorHeaders.commandId);
  const hasArrived = mayHaveArrived(cause);
  // The owner may have sent a command before it was lost (promise P6).
  const error =
    hasArrived && commandId !== null
      ? new GatewayError('command_outcome_unknown', { cause, members: { command_id: commandId } })
      : new GatewayError('coordinator_unavailable', { cause, retryAfterSeconds: 1 });
  const correlationId = request.headers.get(coordinatorHeaders.correlationId) ?? undefined;
  const response = problemResponse(withSpread(error, random), correlationId);
  response.headers.set(coordinatorHeaders.origin, 'coordinator');
  if (!hasArrived || request.method === 'GET') response.headers.set(coordinatorHeaders.repeatable, 'true');
  return response;
}
