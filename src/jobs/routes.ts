import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { idParams } from '../kernel/paging.ts';
import { ofChange, ofCoordinator, ofIds, ofSession, problems } from '../kernel/problems.ts';
import { RETRY_AFTER_SECONDS } from './answer-waiting.ts';
import { type Dispatch, runJob } from './run-job.ts';
import { cancelledJobSchema, jobSchema } from './schema.ts';
import { type JobResource, toMembers, toWaitingJob } from './to-job.ts';

export type { Dispatch };

export interface JobDependencies {
  readonly coordinator: CoordinatorClient;
  readonly dispatch: Dispatch;
}

const tags = ['jobs'];
const always = [...ofSession, ...ofCoordinator, ...ofIds, 'job_not_found'] as const;

const jobRoute = createRoute({
  method: 'get',
  path: '/{id}',
  operationId: 'getJob',
  tags,
  summary: 'An asynchronous read: its progress, and in the end the answer of its request',
  request: { params: idParams },
  responses: {
    200: jsonContent(jobSchema, 'The job; while it waits, with Retry-After', 'Retry-After'),
    ...problems(...always),
  },
});
const cancelRoute = createRoute({
  method: 'delete',
  path: '/{id}',
  operationId: 'cancelJob',
  tags,
  summary: 'Cancel an asynchronous read',
  request: { params: idParams },
  responses: { 200: jsonContent(cancelledJobSchema, 'The job'), ...problems(...always, ...ofChange) },
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
