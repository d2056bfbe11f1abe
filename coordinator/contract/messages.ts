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

/** Opaque; later sign-ins of an account have greater ones, compared as text. */
export const signInMarkSchema = z.string().regex(/^[0-9-]{1,64}$/);

export const loginAnswerSchema = z.object({
  account: accountSchema,
  /** Of this sign-in; a coordinator of an earlier version names none. */
  mark: signInMarkSchema.optional(),
});
export type LoginAnswer = z.infer<typeof loginAnswerSchema>;

/** A sign-in of an account: its mark, or, for one from before there were marks, when it was, in epoch milliseconds. */
export type SignIn = { readonly mark: string } | { readonly at: number };

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
  /** Seconds a client that shows the budget should wait before it asks again; coordinators before it name none. */
  suggestedIntervalSeconds: counter.optional(),
});
export type BudgetStatus = z.infer<typeof budgetStatusSchema>;

const epochMs = z.number();
const text = z.string().nullable();

/**
 * How far a command has come. `confirmed`: a read after the answer shows the state it asked for.
 * Journalled before the command is accepted, kept for a day after its end.
 */
export const receiptStates = ['queued', 'sent', 'answered', 'confirmed'] as const;

/**
 * `pending`: it has no end yet. `in_progress`: two-stage arming runs. `done`, `failed` (refused by Ajax): definite.
 * `not_executed`: never sent, and never will be. `unknown`: sent, and nobody can say.
 */
export const receiptOutcomes = [
  'pending',
  'in_progress',
  'done',
  'failed',
  'not_executed',
  'unknown',
] as const;

/** `GET /v1/accounts/{account}/commands/{id}`: how a command went, or goes. */
export const receiptSchema = z.object({
  id: z.uuid(),
  method: z.string(),
  /** Below the account, for instance `hubs/0012/commands/arming`. */
  path: z.string(),
  /** Of an arming command: ARM, DISARM, NIGHT_MODE_ON or NIGHT_MODE_OFF. */
  command: z.string().nullable(),
  /** The hub in the path, in lower case. */
  hub: z.string().nullable(),
  state: z.enum(receiptStates),
  outcome: z.enum(receiptOutcomes),
  /** Status Ajax answered with. */
  status: counter.nullable(),
  /** Stable error code, when the outcome is neither `done` nor one without an end. */
  code: z.string().nullable(),
  /** The words of Ajax, of a command that failed. */
  message: z.string().nullable(),
  /** What kept a hub from arming, in the words of Ajax. */
  rejectionReasons: z.array(z.object({ sourceType: text, sourceId: text, code: text })).nullable(),
  createdAt: epochMs,
  sentAt: epochMs.nullable(),
  answeredAt: epochMs.nullable(),
  confirmedAt: epochMs.nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** `GET /v1/accounts/{account}/commands?limit=`: newest first. */
export const receiptListSchema = z.array(receiptSchema);

/**
 * The request a job stands for, as its gateway will repeat it once the reads behind it have their answers. Opaque to
 * the coordinator.
 */
export const jobRequestSchema = z.object({ path: z.string().max(2_000) });
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** `waiting`: some read has no answer yet. `ready`: all that were asked for have one. */
export const jobStates = ['waiting', 'ready', 'cancelled'] as const;

/** `GET /v1/accounts/{account}/jobs/{id}`: an asynchronous read, kept for 15 min. */
export const jobSchema = z.object({
  id: z.uuid(),
  request: jobRequestSchema,
  state: z.enum(jobStates),
  /** Reads of Ajax it needs as far as known, and how many of them have an answer. */
  reads: counter,
  answered: counter,
  createdAt: epochMs,
  expiresAt: epochMs,
});
export type Job = z.infer<typeof jobSchema>;

/** `PUT /v1/upstream`: stops every request to Ajax, or lets them go again. */
export const upstreamSwitchSchema = z.object({
  stopped: z.boolean(),
  /** In the operator's words. */
  reason: z.string().min(1).max(200).optional(),
});
export type UpstreamSwitch = z.infer<typeof upstreamSwitchSchema>;

export const upstreamStopSchema = z.object({ since: epochMs, reason: text }).nullable();
/** Since when it is stopped, and why; null: it is not. */
export type UpstreamStop = z.infer<typeof upstreamStopSchema>;

const laneCounters = z.record(z.string(), counter);

/** `GET /status`: the operator's view. */
export const coordinatorStatusSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  startedAt: z.string(),
  storage: z.enum(['ok', 'unavailable']),
  lease: z.object({
    epoch: counter,
    /** Milliseconds it is still certain to be held. */
    remainingMs: z.number(),
    url: z.string().nullable(),
  }),
  budget: budgetStatusSchema.omit({ mine: true, suggestedIntervalSeconds: true }).extend({
    /** Tokens kept for commands and refreshes. */
    reserve: counter,
    /** Epoch milliseconds until which throttling by Ajax keeps the budget closed; null when open. */
    closedUntil: z.number().nullable(),
  }),
  queue: z.object({
    /** Waiting work per lane, and for how long the oldest has waited, in ms. */
    waiting: laneCounters,
    oldestMs: laneCounters,
  }),
  upstream: z.object({
    /** Requests written to Ajax since the start, and how they ended. */
    sent: counter,
    answered: counter,
    failed: counter,
    throttled: counter,
    refreshes: counter,
    /** `open`: Ajax is away, nothing is sent. `half_open`: one request finds out whether it is back. */
    breaker: z.enum(['closed', 'open', 'half_open']),
    /** By the operator; null: not stopped. */
    stopped: upstreamStopSchema,
  }),
  cache: z.object({
    entries: counter,
    hits: counter,
    misses: counter,
    coalesced: counter,
    stale: counter,
  }),
  commands: z.object({ open: counter, kept: counter, joined: counter, replayed: counter }),
  jobs: counter,
  sessions: counter,
});
export type CoordinatorStatus = z.infer<typeof coordinatorStatusSchema>;
