import type { ClientRequestOptions } from 'hono/client';
import type { Answer } from './client.ts';
import { type QuotaLeft, readQuotaLeft } from './quota-left.ts';

export interface ReadOptions {
  /** Asks for data no older than the hub's last change instead of the gateway's cache. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

export interface Reading<T> {
  readonly data: T;
  /** The pace the gateway asks for, if it does. */
  readonly suggestedIntervalMs: number | undefined;
  readonly quotaLeft: readonly QuotaLeft[];
  /** When Ajax said it: an answer from the gateway's cache is as old as its `Age` (RFC 9111, section 5.1). */
  readonly readAtMs: number;
  /** The gateway had nothing newer because Ajax is busy. */
  readonly isStale: boolean;
}

export const asRequest = ({ fresh, signal }: ReadOptions = {}): ClientRequestOptions => ({
  ...(fresh && { headers: { 'cache-control': 'no-cache' } }),
  ...(signal && { init: { signal } }),
});

/** For texts the gateway writes: the dashboard speaks English. */
export const inEnglish = ({ signal }: Pick<ReadOptions, 'signal'> = {}): ClientRequestOptions => ({
  headers: { 'accept-language': 'en' },
  ...(signal && { init: { signal } }),
});

type Sent = Pick<Response, 'headers'> & { json(): Promise<unknown> };

/** Refusals never arrive here: the fetch of the client throws them. */
export const answerOf = async <R extends Sent, Success extends number = 200>(
  sent: Promise<R>,
): Promise<Answer<R, Success>> => (await (await sent).json()) as Answer<R, Success>;

export async function read<R extends Sent>(sent: Promise<R>): Promise<Reading<Answer<R>>> {
  const { headers } = await sent;
  const suggestedSeconds = Number(headers.get('x-suggested-interval') ?? Number.NaN);
  return {
    data: await answerOf(sent),
    suggestedIntervalMs: suggestedSeconds > 0 ? suggestedSeconds * 1000 : undefined,
    quotaLeft: readQuotaLeft(headers.get('ratelimit')),
    readAtMs: Date.now() - readAgeMs(headers),
    isStale: headers.get('x-cache') === 'STALE',
  };
}

function readAgeMs(headers: Headers): number {
  const seconds = Number(headers.get('age') ?? 0);
  return seconds > 0 ? seconds * 1000 : 0;
}
