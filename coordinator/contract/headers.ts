/** Header names of the coordinator's protocol. */
export const coordinatorHeaders = {
  correlationId: 'x-correlation-id',
  /** Lane of an upstream call, see `lanes`. */
  lane: 'coordinator-lane',
  /** The tenant's share of its lane relative to others, a whole number from 1 to 100. */
  weight: 'coordinator-weight',
  /** Milliseconds the caller has been held already, by earlier calls of the same request. */
  heldMs: 'coordinator-held-ms',
  /** Of a command: the id its receipt is to have; on its answer: the receipt that answers it. */
  commandId: 'coordinator-command-id',
  /** Of a command: the client's own key (draft-ietf-httpapi-idempotency-key-header), without its quotes. */
  idempotencyKey: 'idempotency-key',
  /** On the answer to a command: `true` when it is that of an earlier one and nothing was sent. */
  replayed: 'coordinator-replayed',
  /** Of a command: `respond-async` answers once it is journalled (RFC 7240). */
  prefer: 'prefer',
  /** Of a read: the job that collects its answer; without an answer at hand the coordinator says 202. */
  job: 'coordinator-job',
  /** Of a read: the client's request it belongs to, which is counted once whatever it takes. */
  request: 'coordinator-request',
  /** Of a read: reads of Ajax the account may have, by window, for instance `minute=10 hour=100`. */
  quota: 'coordinator-quota',
  /** On its answer: what is left, as the field `RateLimit` says it. */
  quotaLeft: 'coordinator-quota-left',
  /**
   * Of a call: `any` when its caller takes whatever Ajax answers, with its type. Without it only JSON is answered, and
   * what is none is left out or an error.
   */
  content: 'coordinator-content',
  /** Of a call: the languages its caller wants the words of Ajax in. Sent to Ajax when it is well-formed. */
  languages: 'accept-language',
  /** Whose words the answer is: `upstream` (Ajax) or `coordinator`. On every answer. */
  origin: 'coordinator-origin',
  /** HIT, MISS or STALE; on answers of reads only. */
  cache: 'coordinator-cache',
  /** Whole seconds the answer stays valid in the cache; 0 when it is not cached. */
  cacheTtl: 'coordinator-cache-ttl',
  /** Whole seconds a polling client should wait before it reads the same again; on answers of reads only. */
  suggestedInterval: 'coordinator-suggested-interval',
  /** On an answer: the request may be sent again as it is, because it only reads or nothing of it was begun. */
  repeatable: 'coordinator-repeatable',
  /** Set by a standby on what it passes on to the active coordinator: it is not passed on twice. */
  forwarded: 'coordinator-forwarded',
} as const;
