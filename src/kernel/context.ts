import type { Caller } from './caller.ts';
import type { Meter } from './quota.ts';

/** What is known about a request before anybody is asked who sent it. */
export interface RequestFacts {
  readonly correlationId: string;
  /** Monotonic milliseconds when the request arrived. */
  readonly arrivedAt: number;
  /** Address of the client as far as trusted proxies vouch for it. */
  readonly clientAddress: string;
  /** Whether the client spoke HTTPS, to us or to a trusted proxy. */
  readonly secure: boolean;
  readonly userAgent: string;
}

/** Hono's environment of the gateway: what handlers find in `c.var` and `c.env`. */
export interface GatewayEnv {
  readonly Bindings: {
    readonly remoteAddress?: string | undefined;
    /** The request target as sent, where a listener knows it. */
    readonly target?: string | undefined;
    /**
     * The job whose answers a repeated request uses. Set only where the gateway dispatches to itself: no client can
     * write here.
     */
    readonly jobId?: string | undefined;
  };
  readonly Variables: {
    facts: RequestFacts;
    caller: Caller;
    /** Of requests below `/api/v1/ajax`. */
    meter: Meter | undefined;
  };
}
