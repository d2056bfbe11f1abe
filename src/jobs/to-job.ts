import type { z } from '@hono/zod-openapi';
import type { Job } from '../../coordinator/contract/messages.ts';
import type { jobSchema, waitingJobSchema } from './schema.ts';

export type JobResource = z.infer<typeof jobSchema>;
export type WaitingJob = z.infer<typeof waitingJobSchema>;

/** What every state of a job shows. */
export function toMembers({ id, request, reads, answered, createdAt, expiresAt }: Job) {
  return {
    id,
    request: { method: 'GET' as const, path: request.path },
    reads,
    answered,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
  };
}

export const toWaitingJob = (job: Job): WaitingJob => ({ ...toMembers(job), state: 'waiting' });
