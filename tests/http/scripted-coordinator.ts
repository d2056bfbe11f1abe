/** A coordinator whose answers a test writes itself; what it does not answer goes to the real one. */
import { type CoordinatorFetch, JobWaiting } from '../../coordinator/contract/client.ts';
import type { Job, Receipt } from '../../coordinator/contract/messages.ts';

export { JobWaiting };

/** Answers a request, or leaves it to the others by answering undefined. */
export type Handler = (request: Request, path: string) => Response | Promise<Response> | undefined;

export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
}

export function scriptedCoordinator() {
  let handlers: Handler[] = [];
  const seen: Seen[] = [];
  return {
    seen,
    /** Later handlers are asked first. */
    on(handler: Handler): void {
      handlers = [handler, ...handlers];
    },
    clear(): void {
      handlers = [];
      seen.length = 0;
    },
    wrap:
      (next: CoordinatorFetch): CoordinatorFetch =>
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const path = `${pathname}${search}`;
        seen.push({ method: request.method, path, headers: request.headers });
        for (const handler of handlers) {
          const answer = await handler(request, path);
          if (answer !== undefined) return answer;
        }
        return next(request);
      },
  };
}

/** In the words of the coordinator. */
export const own = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { 'coordinator-origin': 'coordinator', ...headers } });

export const refuse = (
  code: string,
  status: number,
  members: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response => own({ code, detail: code, ...members }, status, headers);

/** In the words of Ajax. */
export const upstream = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { 'coordinator-origin': 'upstream', ...headers },
  });

export const COMMAND_ID = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
const AT = Date.UTC(2026, 7, 1, 9, 30);

export const receipt = (fields: Partial<Receipt> = {}): Receipt => ({
  id: COMMAND_ID,
  method: 'PUT',
  path: 'hubs/00A1B2C3/commands/arming',
  command: 'ARM',
  hub: '00a1b2c3',
  state: 'queued',
  outcome: 'pending',
  status: null,
  code: null,
  message: null,
  rejectionReasons: null,
  createdAt: AT,
  sentAt: null,
  answeredAt: null,
  confirmedAt: null,
  ...fields,
});

/** Keeps jobs as the contract says; a test decides when their reads have answers. */
export function scriptedJobs() {
  const jobs = new Map<
    string,
    { account: string; path: string; reads: Map<string, boolean>; state?: 'cancelled' }
  >();

  function toJob(id: string): Job {
    const { path, reads, state } = jobs.get(id) ?? { path: '', reads: new Map<string, boolean>() };
    const answered = [...reads.values()].filter(Boolean).length;
    return {
      id,
      request: { path },
      state: state ?? (answered === reads.size ? 'ready' : 'waiting'),
      reads: reads.size,
      answered,
      createdAt: AT,
      expiresAt: AT + 900_000,
    };
  }

  const handler: Handler = (request, path) => {
    const [, account = '', place, id = ''] =
      /^\/v1\/accounts\/([^/]+)\/(ajax|jobs)(?:\/([^?]*))?/.exec(path) ?? [];
    if (place === 'jobs') {
      const job = jobs.get(id);
      if (job?.account !== account) return refuse('job_not_found', 404);
      if (request.method === 'DELETE') job.state = 'cancelled';
      return own(toJob(id));
    }
    const [jobId, requestPath] = request.headers.get('coordinator-job')?.split(' ') ?? [];
    if (place !== 'ajax' || jobId === undefined) return undefined;
    const job = jobs.get(jobId) ?? { account, path: decodeURI(requestPath ?? ''), reads: new Map() };
    jobs.set(jobId, job);
    if (job.account !== account) return refuse('job_not_found', 404);
    // An answer is had from the real coordinator.
    if (job.reads.get(path) === true) return undefined;
    job.reads.set(path, false);
    return own(toJob(jobId), 202);
  };

  return {
    handler,
    ids: () => [...jobs.keys()],
    readsOf: (id: string) => [...(jobs.get(id)?.reads.keys() ?? [])],
    /** All reads asked for so far have answers now. */
    answer(id: string): void {
      const reads = jobs.get(id)?.reads;
      for (const path of reads?.keys() ?? []) reads?.set(path, true);
    },
    /** Puts a job there that no gateway made. */
    plant(id: string, account: string, path: string): void {
      jobs.set(id, { account, path, reads: new Map() });
    },
  };
}
