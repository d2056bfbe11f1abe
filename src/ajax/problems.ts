/** The error codes of this module's routes. */
import { ofBody, ofChange, ofIds, ofSession, ofUpstream } from '../kernel/problems.ts';

/** Whatever Ajax may say to a request of an account, and what keeps the request from Ajax. */
const ofRequest = [
  ...ofSession,
  ...ofUpstream,
  'upstream_bad_request',
  'upstream_forbidden',
  'upstream_not_found',
  'upstream_conflict',
  'upstream_precondition_failed',
  'upstream_unprocessable',
  'hub_offline',
  'upstream_login_required',
] as const;

/** Of a read. */
export const ofAccount = [...ofRequest, 'quota_exceeded'] as const;

/** Of a read with ids in its path that every plan includes. */
export const ofHub = [...ofAccount, ...ofIds] as const;

/** Of a read that takes a higher plan. */
export const ofPart = [...ofHub, 'plan_required'] as const;

/** Commands are never refused by a quota. */
export const ofCommand = [
  ...ofRequest,
  ...ofIds,
  'plan_required',
  ...ofBody,
  ...ofChange,
  'arming_refused',
  'command_not_executed',
  'command_outcome_unknown',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const;

/**
 * Of the pass-through. Whatever Ajax says to the request itself is passed on in its own words; the codes of what Ajax
 * may say are here for the list of hubs, which is read first.
 */
const ofPassed = [...ofRequest, 'plan_required', 'pass_through_refused', 'probe_refused'] as const;

export const ofPassedRead = [...ofPassed, 'quota_exceeded'] as const;

export const ofPassedCommand = [
  ...ofPassed,
  ...ofBody,
  ...ofChange,
  'command_not_executed',
  'command_outcome_unknown',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const;
