import { z } from '@hono/zod-openapi';

const count = z.number().int();
const breakerState = z.enum(['closed', 'open', 'half_open']);
const byLane = z.record(z.string(), count);

export const upstreamSwitchBody = z
  .object({
    stopped: z.boolean(),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .openapi({ description: 'For the other administrators' }),
  })
  .openapi('UpstreamSwitch', { example: { stopped: true, reason: 'The API key is being replaced' } });

export const upstreamSwitchExamples = {
  stop: {
    summary: 'Stop all requests to Ajax',
    value: { stopped: true, reason: 'The API key is being replaced' },
  },
  resume: { summary: 'Let them go again', value: { stopped: false } },
};

export const upstreamStateSchema = z
  .object({
    stopped: z.boolean(),
    since: z.iso.datetime().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('UpstreamState', {
    example: { stopped: true, since: '2026-08-01T09:31:00.000Z', reason: 'The API key is being replaced' },
  });

export const coordinatorSchema = z
  .object({
    status: z.enum(['ok', 'degraded']),
    started_at: z.string(),
    storage: z.enum(['ok', 'unavailable']),
    lease: z.object({
      epoch: count,
      remaining_ms: z.number().openapi({ description: 'For how long it is still certain to be held' }),
      url: z.string().nullable(),
    }),
    budget: z.object({
      limit: count,
      window_ms: count,
      used: count,
      waiting: count,
      predicted_wait_ms: count,
      reserve: count.openapi({ description: 'Tokens kept for commands and session refreshes' }),
      closed_until: z.iso
        .datetime()
        .nullable()
        .openapi({ description: 'Ajax throttles some API key until then' }),
    }),
    keys: z
      .array(
        z.object({
          place: count,
          state: z
            .enum(['ok', 'failing'])
            .openapi({ description: 'failing: Ajax refuses it; it is tried once a minute' }),
          limit: count,
          used: count,
          waiting: count,
          closed_until: z.iso.datetime().nullable(),
          breaker: breakerState,
          sessions: count.openapi({ description: 'Accounts that go by it' }),
        }),
      )
      .openapi({
        description: 'API keys by their place in the configuration; `budget` is all of them together',
      }),
    queue: z.object({
      waiting: byLane.openapi({ description: 'Waiting work per lane' }),
      oldest_ms: byLane.openapi({ description: 'For how long the oldest of it has waited' }),
    }),
    upstream: z.object({
      sent: count,
      answered: count,
      failed: count,
      throttled: count,
      refreshes: count,
      breaker: breakerState.openapi({
        description:
          'open: Ajax is away, nothing is sent; half_open: one request tries. The worst of all keys',
      }),
      stopped: upstreamStateSchema,
    }),
    cache: z.object({ entries: count, hits: count, misses: count, coalesced: count, stale: count }),
    commands: z.object({ open: count, kept: count, joined: count, replayed: count }),
    jobs: count,
    sessions: count,
  })
  .openapi('CoordinatorStatus', {
    example: {
      status: 'ok',
      started_at: '2026-08-01T09:00:00.000Z',
      storage: 'ok',
      lease: { epoch: 1_785_576_600_000_000, remaining_ms: 2_600, url: 'http://coordinator:8001' },
      budget: {
        limit: 100,
        window_ms: 60_000,
        used: 42,
        waiting: 3,
        predicted_wait_ms: 0,
        reserve: 5,
        closed_until: null,
      },
      keys: [
        {
          place: 1,
          state: 'ok',
          limit: 100,
          used: 42,
          waiting: 3,
          closed_until: null,
          breaker: 'closed',
          sessions: 14,
        },
      ],
      queue: { waiting: { command: 0, interactive: 3 }, oldest_ms: { interactive: 40 } },
      upstream: {
        sent: 5_210,
        answered: 5_204,
        failed: 6,
        throttled: 0,
        refreshes: 31,
        breaker: 'closed',
        stopped: { stopped: false, since: null, reason: null },
      },
      cache: { entries: 118, hits: 20_114, misses: 4_870, coalesced: 902, stale: 0 },
      commands: { open: 1, kept: 12, joined: 0, replayed: 1 },
      jobs: 0,
      sessions: 14,
    },
  });
