import type { Caller } from '../kernel/caller.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { redact } from '../kernel/redact.ts';
import { storable } from '../kernel/storable.ts';
import type { auditRecords } from './table.ts';

/** What is done, in the words of the trail. */
export interface AuditAction {
  /** For instance `hub.arm` or `session.login`. */
  readonly action: string;
  readonly method: string;
  /** Path as called, without its query. */
  readonly endpoint: string;
  readonly resourceId?: string | undefined;
  /** Redacted before it is stored. */
  readonly payload?: unknown;
  readonly severity?: 'info' | 'warning' | 'critical';
}

/** Of no session: somebody with a link from a mail. */
export interface Actor extends Pick<Caller, 'accountId'> {
  readonly sessionId: string | null;
}

type NewRecord = typeof auditRecords.$inferInsert;

/** Header values have no length limit of their own; the trail keeps the part that identifies a client. */
const LONGEST_USER_AGENT = 512;

export function toRecord(
  kind: 'intent' | 'event',
  action: AuditAction,
  facts: RequestFacts,
  actor: Actor | undefined,
): NewRecord {
  return {
    kind,
    accountId: actor?.accountId ?? null,
    sessionId: actor?.sessionId ?? null,
    action: action.action,
    method: action.method,
    endpoint: action.endpoint,
    resourceId: action.resourceId ?? null,
    payload: action.payload === undefined ? null : storable(redact(action.payload)),
    severity: action.severity ?? 'info',
    ipAddress: facts.clientAddress,
    userAgent: facts.userAgent.slice(0, LONGEST_USER_AGENT),
    correlationId: facts.correlationId,
  };
}
