/** Who is compared, in the order of the tables. */
export interface Entry {
  /** File in `contenders/`. */
  readonly file: string;
  readonly name: string;
}

export const coordinator: Entry = { file: 'coordinator-redis', name: 'coordinator, Redis' };
export const ours: readonly Entry[] = [
  coordinator,
  { file: 'coordinator-pglite', name: 'coordinator, PGlite' },
];
export const postgresEntry: Entry = { file: 'coordinator-postgres', name: 'coordinator, PostgreSQL' };
export const bullmq: Entry = { file: 'bullmq', name: 'BullMQ' };
export const others: readonly Entry[] = [
  { file: 'bottleneck', name: 'Bottleneck, cluster' },
  bullmq,
  { file: 'rate-limiter-flexible', name: 'rate-limiter-flexible queue' },
  { file: 'p-queue', name: 'p-queue, strict' },
  { file: 'fixed-window', name: 'fixed window' },
];
export const all: readonly Entry[] = [...ours, ...others];
export const references = {
  direct: { file: 'direct', name: 'no limiter' },
  ping: { file: 'redis-ping', name: 'one Redis round trip' },
} as const satisfies Record<string, Entry>;
