import type { Context } from 'hono';
import { JobWaiting } from '../../coordinator/contract/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { jsonContent } from '../kernel/openapi.ts';
import { waitingJobSchema } from './schema.ts';
import { toWaitingJob } from './to-job.ts';

/** When asking again makes sense. */
export const RETRY_AFTER_SECONDS = 2;

/**
 * What `answer` makes, or 202 with the job it has to wait for (RFC 7240 section 4.1).
 * @throws whatever `answer` throws besides JobWaiting
 */
export async function answerWaiting<R>(c: Context<GatewayEnv>, answer: () => Promise<R>) {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof JobWaiting)) throw error;
    c.header('Location', `/api/v1/jobs/${error.job.id}`);
    c.header('Retry-After', String(RETRY_AFTER_SECONDS));
    c.header('Preference-Applied', 'respond-async');
    return c.json(toWaitingJob(error.job), 202);
  }
}

/** The 202 of a route that `answerWaiting` answers. */
export const jobAccepted = {
  202: jsonContent(
    waitingJobSchema,
    'With `Prefer: respond-async`, while an answer of Ajax is missing: follow `Location`',
    'Location',
    'Retry-After',
    'Preference-Applied',
  ),
};
