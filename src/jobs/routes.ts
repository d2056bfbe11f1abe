import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { RETRY_AFTER_SECONDS } from './answer-waiting.ts';
import { type Dispatch, runJob } from './run-job.ts';
import { jobParams, jobSchema } from './schema.ts';
import { type JobResource, toMembers, toWaitingJob } from './to-job.ts';

export type { Dispatch };

export interface JobDependencies {
  readonly coordinator: CoordinatorClient;
  readonly dispatch: Dispatch;
}

const tags = ['jobs'];

const jobRoute = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'An asynchronous read: its progress, and in the end the answer of its request',
  request: { params: jobParams },
  responses: {
    200: jsonContent(jobSchema, 'The job; while it waits, with Retry-After'),
    ...problemAnswers(401, 404, 422, 503),
  },
});
const cancelRoute = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Cancel an asynchronous read',
  request: { params: jobParams },
  responses: { 200: jsonContent(jobSchema, 'The job'), ...problemAnswers(401, 404, 422, 503) },
});

/** `/api/v1/jobs`: reads asked for with `Prefer: respond-async`. A job is its account's own. */
export function jobRoutes({ coordinator, dispatch }: JobDependencies) {
  return createRouter()
    .openapi(jobRoute, async (c) => {
      const { id } = c.req.valid('param');
      const job = await coordinator.job(c.var.caller.ajaxUserId, id, contextOf(c));
      if (job.state === 'cancelled') return c.json({ ...toMembers(job), state: 'cancelled' as const }, 200);
      const resource: JobResource =
        job.state === 'ready' ? await runJob(c, job, dispatch) : toWaitingJob(job);
      if (resource.state === 'waiting') c.header('Retry-After', String(RETRY_AFTER_SECONDS));
      return c.json(resource, 200);
    })
    .openapi(cancelRoute, async (c) => {
      const { id } = c.req.valid('param');
      const job = await coordinator.cancelJob(c.var.caller.ajaxUserId, id, contextOf(c));
      return c.json({ ...toMembers(job), state: 'cancelled' as const }, 200);
    });
}

const contextOf = (c: Context<GatewayEnv>) => ({
  correlationId: c.var.facts.correlationId,
  signal: c.req.raw.signal,
});
