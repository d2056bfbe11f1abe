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
    message: withoutParameters(error.message),
    ...(code === undefined ? {} : { code }),
    stack: error.stack === undefined ? undefined : withoutParameters(error.stack),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}

/** drizzle appends the parameters of a failed query to its message, and they may be secret. */
function withoutParameters(text: string): string {
  return text.replace(/^params: .*$/gm, 'params: [redacted]');
}
