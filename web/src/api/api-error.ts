/** What kept a hub from arming, in the words of Ajax. */
export interface RejectionReason {
  readonly source_type: string | null;
  readonly source_id: string | null;
  readonly code: string | null;
}

/** A refusal by the gateway (RFC 9457 problem+json), or `network` when no answer came at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly detail: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly action: string | undefined;
  readonly requiredPlan: string | undefined;
  readonly rejectionReasons: readonly RejectionReason[];

  constructor(problem: Problem) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.retryable = problem.retryable ?? false;
    this.retryAfterSeconds = problem.retryAfterSeconds;
    this.action = problem.action;
    this.requiredPlan = problem.requiredPlan;
    this.rejectionReasons = problem.rejectionReasons ?? [];
  }
}

export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number | undefined;
  readonly action?: string | undefined;
  readonly requiredPlan?: string | undefined;
  readonly rejectionReasons?: readonly RejectionReason[];
}

export const networkError = (): ApiError =>
  new ApiError({
    code: 'network',
    status: 0,
    detail: 'The gateway did not answer. Check your connection.',
    retryable: true,
  });

export async function readApiError(response: Response): Promise<ApiError> {
  const body = asRecord(await response.json().catch(() => undefined));
  return new ApiError({
    code: asText(body.code) ?? `http_${response.status}`,
    status: response.status,
    detail:
      asText(body.detail) ?? asText(body.title) ?? `The gateway answered with status ${response.status}.`,
    retryable: body.retryable === true,
    retryAfterSeconds: readRetryAfterSeconds(response, body),
    action: asText(body.action),
    requiredPlan: asText(body.required_plan),
    rejectionReasons: readRejectionReasons(body.rejection_reasons),
  });
}

function readRetryAfterSeconds(response: Response, body: Record<string, unknown>): number | undefined {
  const header = response.headers.get('retry-after');
  if (header && Number.isFinite(Number(header))) return Number(header);
  // RFC 9110 allows a date as well; a proxy in front of the gateway may send one.
  const until = Date.parse(header ?? '');
  if (Number.isFinite(until)) return Math.max(0, Math.ceil((until - Date.now()) / 1000));
  return typeof body.retry_after === 'number' ? body.retry_after : undefined;
}

function readRejectionReasons(value: unknown): readonly RejectionReason[] {
  if (!Array.isArray(value)) return [];
  return value.map(asRecord).map((reason) => ({
    source_type: asText(reason.source_type) ?? null,
    source_id: asText(reason.source_id) ?? null,
    code: asText(reason.code) ?? null,
  }));
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : undefined;

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
