import type { Context } from 'hono';
import type { Job } from '../../coordinator/contract/messages.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { waitingJobSchema } from './schema.ts';
import { type JobResource, toMembers } from './to-job.ts';

/** Answers a request inside this process, through all of the gateway's checks. */
export type Dispatch = (request: Request, env: GatewayEnv['Bindings']) => Response | Promise<Response>;

/** Where the requests live that a job may stand for. */
const REPEATABLE = '/api/v1/ajax/';

/** Of the answer, what says something about its data. */
const RESULT_HEADERS = ['content-type', 'x-cache', 'x-cache-ttl', 'age', 'retry-after'];

/**
 * What the request that polls asks for itself: how fresh the data has to be was said when the job was made. A body it
 * may carry stays with it.
 */
const NOT_REPEATED = [
  'prefer',
  'cache-control',
  'x-cache-control',
  'content-length',
  'content-type',
  'transfer-encoding',
];

/**
 * Repeats the request of a job, now that its answers are there: as the caller who asks for it, whose session and plan
 * are checked like those of any other request. It waits again when an answer made it need another one.
 * @throws GatewayError job_not_found for a request no job can stand for
 */
export async function runJob(c: Context<GatewayEnv>, job: Job, dispatch: Dispatch): Promise<JobResource> {
  const { path } = job.request;
  const url = path.startsWith(REPEATABLE) ? URL.parse(path, c.req.url) : null;
  // Dots in a path may lead out of it.
  if (!url?.pathname.startsWith(REPEATABLE)) throw new GatewayError('job_not_found');
  const headers = new Headers(c.req.raw.headers);
  for (const name of NOT_REPEATED) headers.delete(name);
  headers.set('x-correlation-id', c.var.facts.correlationId);
  const request = new Request(url, { headers, signal: c.req.raw.signal });
  const response = await dispatch(request, { remoteAddress: c.env?.remoteAddress, jobId: job.id });
  const body: unknown = await response.json();
  if (response.status === 202) return waitingJobSchema.parse(body);
  return {
    ...toMembers(job),
    state: response.ok ? 'done' : 'failed',
    result: { status: response.status, headers: headersOf(response), body },
  };
}

function headersOf({ headers }: Response): Record<string, string> {
  const present = RESULT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(present);
}
