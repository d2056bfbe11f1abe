import type { BackgroundJob, JobContext } from '../db/background.ts';
import { describeError, type Log } from '../kernel/log.ts';

/**
 * Runs one attempt. What it throws is stored with the job, so it is a text without the values drizzle appends to its
 * messages, and without a stack.
 */
export async function runJob(
  { kind, handle }: BackgroundJob,
  data: unknown,
  context: JobContext,
  log: Log,
): Promise<void> {
  const { id, attempt, isLast } = context;
  try {
    await handle(data, context);
  } catch (error) {
    const fields = { error, job: kind.name, jobId: id, attempt };
    if (isLast) log.error(fields, 'a background job has failed for good');
    else log.warn(fields, 'a background job failed, it will be repeated');
    throw new Error(reasonOf(error));
  }
}

/** Enough for a reason. */
const LONGEST_REASON = 500;

function reasonOf(error: unknown): string {
  const { name, message, code, cause } = describeError(error) as {
    name?: string;
    message: string;
    code?: unknown;
    cause?: { message?: string };
  };
  const parts = [name ?? 'Error', code === undefined ? '' : ` ${String(code)}`, `: ${message}`];
  if (cause?.message !== undefined) parts.push(` (${cause.message})`);
  return parts.join('').slice(0, LONGEST_REASON);
}
