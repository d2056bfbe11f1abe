/** A client of the REST API with the types the gateway declares for its routes. */
import type { hc } from 'hono/client';
import type { AppType } from './app.ts';

export interface ApiClientOptions {
  /** Access token, or where to get the one that is valid now; it is asked for before every request. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Sent as User-Agent. A token works only with the one it was issued to: state it where the runtime's own changes
   * with its version. Browsers keep theirs.
   */
  readonly userAgent?: string | undefined;
  /** Default: the runtime's own. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export type ApiClient = ReturnType<typeof hc<AppType>>;

/**
 * `createApiClient('https://alarm.example').api.v1.ajax.hubs.$get()`: answers, refusals and their codes are typed by
 * status. It throws only where no answer could be had.
 * @param baseUrl origin of the gateway
 */
export function createApiClient(baseUrl: string, options?: ApiClientOptions): ApiClient;

export type { AppType } from './app.ts';
/** Every error code of the gateway. */
export type { ErrorCode } from './kernel/errors.ts';
/** The body of a refusal with one of the codes. */
export type { ProblemOf } from './kernel/problems.ts';
