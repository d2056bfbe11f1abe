import { type ClientResponse, hc } from 'hono/client';
import type { AppType } from '../../../src/app.ts';
import type { SessionFetch } from './session-fetch.ts';

/** The gateway's routes with the types it declares for them; every call goes through `fetch`. */
export const createClient = (fetch: SessionFetch) =>
  hc<AppType>('/', { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(String(input), init) })
    .api.v1;

export type Client = ReturnType<typeof createClient>;

/**
 * What a call answers when it succeeds; its `fetch` throws everything else. Reads answer 202 only to who prefers not to
 * wait, and the dashboard waits.
 */
export type Answer<Response, Success extends number = 200> =
  Response extends ClientResponse<infer Body, infer Status, 'json'>
    ? Status extends Success
      ? Body
      : never
    : never;

export type AnswerOf<
  Call extends (...args: never[]) => Promise<unknown>,
  Success extends number = 200,
> = Answer<Awaited<ReturnType<Call>>, Success>;
