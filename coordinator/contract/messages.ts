/** Messages between gateway and coordinator. Every body that crosses the wire is parsed with these. */
import { z } from 'zod';

/**
 * Most urgent first. `command`: arming, panic, device commands and what they must look up first;
 * `auth`: logins and refreshes; `interactive`: reads; `background`: sync.
 */
export const lanes = ['command', 'auth', 'interactive', 'background'] as const;
export const laneSchema = z.enum(lanes);
export type Lane = z.infer<typeof laneSchema>;

/** An Ajax user id: opaque hexadecimal text (`hex64` in the API), compared in lower case. */
export const accountSchema = z
  .string()
  .regex(/^[0-9a-fA-F]{1,64}$/)
  .transform((id) => id.toLowerCase());

/** `POST /v1/login`: signs an Ajax account in upstream and keeps the session. The hash is never stored. */
export const loginRequestSchema = z.object({
  login: z.string().min(1).max(64),
  /** Lower-case hexadecimal SHA-256 of the password; as powerful as the password. */
  passwordHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Current code of a second factor. */
  totp: z.string().min(1).max(16).optional(),
  /** Address of the client, so that one cannot use up the logins of all. Not sent to Ajax. */
  address: z.string().max(64).optional(),
});
export type LoginRequest = z.infer<typeof loginRequestSchema>;

export const loginAnswerSchema = z.object({ account: accountSchema });
export type LoginAnswer = z.infer<typeof loginAnswerSchema>;

const counter = z.int().nonnegative();

/** `GET /v1/budget?account=`: the shared request budget as one account sees it. */
export const budgetStatusSchema = z.object({
  /** Requests allowed in any window. */
  limit: counter,
  windowMs: counter,
  /** Tokens booked now: requests written whose token has not come back. */
  used: counter,
  /** Work waiting for a token, of everybody. */
  waiting: counter,
  mine: z.object({
    /** Tokens booked by this account now. */
    used: counter,
    waiting: counter,
  }),
  /** Milliseconds a read asked for now would wait for its token; 0 when one is free. */
  predictedWaitMs: counter,
});
export type BudgetStatus = z.infer<typeof budgetStatusSchema>;

/** `GET /status`: the operator's view. */
export const coordinatorStatusSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  startedAt: z.string(),
  storage: z.enum(['ok', 'unavailable']),
  budget: budgetStatusSchema.omit({ mine: true }).extend({
    /** Epoch milliseconds until which throttling by Ajax keeps the budget closed; null when open. */
    closedUntil: z.number().nullable(),
  }),
  upstream: z.object({
    /** Requests written to Ajax since the start, and how they ended. */
    sent: counter,
    answered: counter,
    failed: counter,
    throttled: counter,
    refreshes: counter,
  }),
  cache: z.object({ entries: counter, hits: counter, misses: counter, coalesced: counter }),
  sessions: counter,
});
export type CoordinatorStatus = z.infer<typeof coordinatorStatusSchema>;
