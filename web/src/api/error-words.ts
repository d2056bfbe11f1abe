import { ApiError } from './api-error.ts';

/** What an error says to a person: whole sentences, and when asking again makes sense. */
export function explainError(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something unexpected happened.';
  return joinSentences(error.detail, writeRetry(error));
}

/** "Try again in 25 seconds.", or nothing when the gateway named no time. */
export const writeRetry = ({ retryAfterSeconds }: ApiError): string =>
  retryAfterSeconds ? `Try again in ${writeWait(retryAfterSeconds)}.` : '';

/** "1 second", "25 seconds", "2 minutes"; never less than it takes. */
export function writeWait(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return whole === 1 ? '1 second' : `${whole} seconds`;
  return `${Math.ceil(whole / 60)} minutes`;
}

/** Puts texts one after the other; the gateway and Ajax leave the full stop out as often as not. */
export const joinSentences = (...texts: readonly string[]): string =>
  texts
    .map((text) => text.trim())
    .filter(Boolean)
    .map((text) => (/[.!?…]$/.test(text) ? text : `${text}.`))
    .join(' ');
