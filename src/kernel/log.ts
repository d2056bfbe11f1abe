import { pino } from 'pino';
import { redact } from './redact.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured log: one JSON line per entry; fields are redacted by name before they are written. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** `error` may hold anything thrown; only its name, message, code and stack are written. */
export type LogFields = Readonly<Record<string, unknown>>;

export function createLog(level: LogLevel, write?: (line: string) => void): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    write === undefined ? undefined : { write },
  );
  const at = (name: 'debug' | 'info' | 'warn' | 'error') => (fields: LogFields, message: string) =>
    logger[name](safeFields(fields), message);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

function safeFields(fields: LogFields): object {
  const { error, ...rest } = fields;
  const safe = redact(rest) as object;
  return error === undefined ? safe : { ...safe, error: describeError(error) };
}

/** What is known about anything thrown, causes included, without enumerating its members. */
export function describeError(error: unknown, depth = 3): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: withoutValues(error.message),
    ...(code === undefined ? {} : { code }),
    stack: error.stack === undefined ? undefined : withoutValues(error.stack),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}

/**
 * drizzle appends the parameters of a failed query to its message, and JSON.parse quotes what it could not read;
 * both may be secret. A stack begins with the message and goes on with lines of its own.
 */
function withoutValues(text: string): string {
  return text
    .replace(/^params: [\s\S]*?(?=\n {4}at |$(?![\s\S]))/m, 'params: [redacted]')
    .replace(/[\s\S]*\bis not valid JSON\b/, 'The text is not valid JSON')
    .replace(/ in JSON at position [^\n]*/, ' in JSON');
}
