/** Header names of the coordinator's protocol. */
export const coordinatorHeaders = {
  correlationId: 'x-correlation-id',
  /** Lane of an upstream call, see `lanes`. */
  lane: 'coordinator-lane',
  /** Milliseconds the caller has been held already, by earlier calls of the same request. */
  heldMs: 'coordinator-held-ms',
  /** Whose words the answer is: `upstream` (Ajax) or `coordinator`. On every answer. */
  origin: 'coordinator-origin',
  /** HIT, MISS or STALE; on answers of reads only. */
  cache: 'coordinator-cache',
  /** Whole seconds the answer stays valid in the cache; 0 when it is not cached. */
  cacheTtl: 'coordinator-cache-ttl',
} as const;
