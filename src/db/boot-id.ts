import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

const ofThisProcess = randomUUID();

/**
 * Names the present run of the operating system: what a process wrote without fsync is still there while this stays
 * the same. Linux (random(4)) and macOS tell; elsewhere every process is taken for a new run, which errs on the safe side.
 */
export function readBootId(file = '/proc/sys/kernel/random/boot_id'): string {
  try {
    return readFileSync(file, 'utf8').trim() || ofThisProcess;
  } catch {
    return readBootSession();
  }
}

function readBootSession(): string {
  try {
    const session = execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 1_000,
    });
    return session.trim() || ofThisProcess;
  } catch {
    return ofThisProcess;
  }
}
