/**
 * The name by which a process of the same machine can be certain that this one is dead. SIGKILL lets no process say
 * good-bye, and a successor that knows need not wait for the lease to run out (docs/coordinator.md).
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { readBootId } from '../../src/db/boot-id.ts';

/** Run of the operating system, PID namespace, PID, and the moment the process began: together used only once. */
interface Identity {
  readonly world: string;
  readonly pid: number;
  readonly startedAt: string;
}

/** Names `id` so that `isDead` can tell; only `id` where the operating system does not show its processes. */
export function nameOfProcess(id: string): string {
  const identity = ownIdentity();
  return identity === undefined ? id : `${id}@${identity.world}/${identity.pid}/${identity.startedAt}`;
}

/**
 * True only when the process of that name has certainly ended. Whoever runs on another machine, in another container
 * or out of sight may be alive.
 */
export function isDead(name: string): boolean {
  const [, world, pid, startedAt] = /@(.+)\/(\d+)\/(\d+)$/.exec(name) ?? [];
  if (world === undefined || world !== ownIdentity()?.world) return false;
  const present = startOf(Number(pid));
  // A file that is hidden says nothing; the kernel does.
  return present === undefined ? !exists(Number(pid)) : present !== startedAt;
}

function ownIdentity(): Identity | undefined {
  try {
    const { pid } = process;
    // The processes of another namespace have the numbers of ours.
    if (readlinkSync('/proc/self') !== String(pid)) return undefined;
    const startedAt = startOf(pid);
    if (startedAt === undefined) return undefined;
    return { world: `${readBootId()}/${readlinkSync('/proc/self/ns/pid')}`, pid, startedAt };
  } catch {
    return undefined;
  }
}

const ENDED_STATES = new Set(['Z', 'X']);

/** In clock ticks since the system started, or `ended` (proc(5), stat); undefined when it cannot be seen. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ENDED_STATES.has(fields[0] ?? '') ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
}
