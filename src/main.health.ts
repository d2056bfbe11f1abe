/**
 * Asks the gateway or coordinator of this container whether it lives; exit code 0 or 1. For HEALTHCHECK, so that the
 * image needs no curl. It takes HOST and PORT as the process it asks about does.
 */
import { readEnvironment } from './environment.ts';

const LONGEST_WAIT_MS = 3_000;
const { HOST, PORT } = readEnvironment();
const host = !HOST || HOST === '0.0.0.0' ? '127.0.0.1' : HOST === '::' ? '::1' : HOST;
const url = `http://${host.includes(':') ? `[${host}]` : host}:${PORT || 8000}/health`;
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
  if (status !== 200) throw new Error(`status ${status}`);
} catch (error) {
  console.error(`${url} does not answer: ${error}`);
  process.exitCode = 1;
}
