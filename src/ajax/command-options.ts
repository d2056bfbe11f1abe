import type { Context } from 'hono';
import type { GatewayEnv } from '../kernel/context.ts';
import { parseIdempotencyKey } from '../kernel/idempotency-key.ts';
import { prefersAsync } from '../kernel/prefer.ts';

/** What a client may ask of any command by header. */
export interface CommandOptions {
  readonly idempotencyKey: string | undefined;
  /** Answer with the receipt as soon as the command is accepted. */
  readonly respondAsync: boolean;
}

/** @throws GatewayError invalid_request */
export function commandOptionsOf(c: Context<GatewayEnv>): CommandOptions {
  return {
    idempotencyKey: parseIdempotencyKey(c.req.header('idempotency-key')),
    respondAsync: prefersAsync(c.req.header('prefer')),
  };
}
