/** A standby passes requests on to the active coordinator, each at most once. */
import { GatewayError, problemResponse } from '../../src/kernel/errors.ts';
import { coordinatorHeaders } from '../contract/headers.ts';

/** Never rejects. */
export type Forward = (request: Request, url: string) => Promise<Response>;

export interface ForwardOptions {
  /** Writes at most once and follows no redirect; an error with code ERR_NOT_WRITTEN says that nothing was written. */
  readonly fetch: (request: Request) => Promise<Response>;
}

const NOT_WRITTEN = 'ERR_NOT_WRITTEN';

export function createForward({ fetch }: ForwardOptions): Forward {
  return async (request, url) => {
    const { pathname, search } = new URL(request.url);
    // The caller's token goes along: both processes share the secret.
    const passedOn = new Request(new URL(`${pathname}${search}`, url), request);
    passedOn.headers.set(coordinatorHeaders.forwarded, '1');
    try {
      return await fetch(passedOn);
    } catch (error) {
      return failed(request, error);
    }
  };
}

function failed(request: Request, cause: unknown): Response {
  const wasWritten = (cause as { code?: unknown } | undefined)?.code !== NOT_WRITTEN;
  const commandId = request.headers.get(coordinatorHeaders.commandId);
  // The owner may have sent a command before it was lost (promise P6).
  const error =
    wasWritten && commandId !== null
      ? new GatewayError('command_outcome_unknown', { cause, members: { command_id: commandId } })
      : new GatewayError('coordinator_unavailable', { cause, retryAfterSeconds: 1 });
  const response = problemResponse(error, request.headers.get(coordinatorHeaders.correlationId) ?? undefined);
  response.headers.set(coordinatorHeaders.origin, 'coordinator');
  return response;
}
