import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The process's environment over a `.env` file in the working directory, as older installations have one. */
export function readEnvironment(file = '.env'): Readonly<Record<string, string | undefined>> {
  const fromFile = existsSync(file) ? parseDotEnv(readFileSync(file, 'utf8')) : {};
  return { ...fromFile, ...process.env };
}

const UNQUOTED = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*([^\s'"`][^\r\n]*)/gm;

/**
 * Node ends an unquoted value at its first `#`; the files of older installations, read by python-dotenv, only at
 * one after a space, and passwords hold such characters.
 */
function parseDotEnv(text: string): Readonly<Record<string, string | undefined>> {
  const values = { ...parseEnv(text) };
  for (const [, name = '', rest = ''] of text.matchAll(UNQUOTED)) {
    const value = rest.startsWith('# ') ? '' : rest.replace(/\s+#.*$/, '').trimEnd();
    // Only where Node cut it: a line inside a quoted value is no value of its own.
    const cut = values[name];
    if (cut !== undefined && value.startsWith(`${cut}#`)) values[name] = value;
  }
  return values;
}
