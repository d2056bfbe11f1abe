/** The data directory of an embedded installation: who may use it, and the secret kept in it. */
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setInterval } from 'node:timers';
import { z } from 'zod';
import { randomToken } from '../kernel/crypto.ts';
import { readBootId } from './boot-id.ts';

export class DataDirectoryBusy extends Error {
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(`The data directory ${directory} is in use by the process with PID ${pid}`);
    this.name = 'DataDirectoryBusy';
    this.pid = pid;
  }
}

export interface DataDirectory {
  readonly path: string;
  /** The demo and the real installation never share a database. */
  databasePath(upstream: 'demo' | 'live'): string;
  hasDatabase(upstream: 'demo' | 'live'): boolean;
  /** The installation's secret: generated once, readable by the owner only. */
  secretKey(): string;
  release(): void;
}

const ownerSchema = z.object({
  pid: z.int().positive(),
  token: z.string(),
  /** PID namespace; PIDs compare only within one. */
  namespace: z.string(),
  /** When the process started, in the kernel's ticks: a PID that was given out again is not the owner. */
  startedAt: z.string(),
  /** Epoch milliseconds of the last sign of life. */
  aliveAt: z.number(),
});
type Owner = z.infer<typeof ownerSchema>;

const HEARTBEAT_MS = 2_000;
/** A silent owner in another PID namespace (another container) counts as dead after this time. */
const SILENCE_MS = 10_000;

/**
 * Takes the directory for this process; PGlite has no lock of its own, and two processes on one directory corrupt it.
 * The lock of a process that died is taken over.
 * @throws DataDirectoryBusy naming the PID of the process that holds it
 */
export async function openDataDirectory(
  directory: string,
  now: () => number = Date.now,
): Promise<DataDirectory> {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lockFile = join(path, 'gateway.lock');
  const token = randomToken(12);
  const self = { pid: process.pid, token, namespace: pidNamespace(), startedAt: startOf(process.pid) };
  const owner = (): Owner => ({ ...self, aliveAt: now() });

  await outwaitSilence(lockFile, now);
  acquire(lockFile, owner(), path, now);
  const heartbeat = setInterval(() => renew(lockFile, owner()), HEARTBEAT_MS);
  heartbeat.unref();
  const release = () => {
    process.off('exit', release);
    clearInterval(heartbeat);
    if (readOwner(lockFile)?.token === token) rmSync(lockFile, { force: true });
  };
  // A process that ends in the middle of its start does not hold up the next one.
  process.once('exit', release);

  return {
    path,
    databasePath: (upstream) => join(path, upstream),
    hasDatabase: (upstream) => existsSync(join(path, upstream, 'PG_VERSION')),
    secretKey() {
      const file = join(path, 'secret.key');
      if (!existsSync(file)) writeFileSync(file, randomToken(48), { mode: 0o600, flag: 'wx' });
      return readFileSync(file, 'utf8').trim();
    },
    release,
  };
}

/** Gives the owner in another container, whose PID says nothing here, the time to show that it lives. */
async function outwaitSilence(lockFile: string, now: () => number): Promise<void> {
  const first = readOwner(lockFile);
  if (!first || first.namespace === pidNamespace()) return;
  while (now() - first.aliveAt < SILENCE_MS && readOwner(lockFile)?.aliveAt === first.aliveAt) {
    await new Promise((resume) => setTimeout(resume, HEARTBEAT_MS / 4));
  }
}

function acquire(lockFile: string, owner: Owner, path: string, now: () => number): void {
  if (create(lockFile, owner)) return;
  // Whoever creates this second file is the only one who may judge the first and replace it.
  const takeover = `${lockFile}.takeover`;
  if (!create(takeover, owner)) {
    const other = readOwner(takeover);
    if (other && isAlive(other, now())) throw new DataDirectoryBusy(path, other.pid);
    rmSync(takeover, { force: true });
    if (!create(takeover, owner)) throw new DataDirectoryBusy(path, other?.pid ?? 0);
  }
  try {
    const holder = readOwner(lockFile);
    if (holder && isAlive(holder, now())) throw new DataDirectoryBusy(path, holder.pid);
    writeFileSync(lockFile, JSON.stringify(owner));
  } finally {
    rmSync(takeover, { force: true });
  }
}

function create(file: string, owner: Owner): boolean {
  try {
    writeFileSync(file, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Over what is there, which is as long: a file that is emptied first cannot be written again on a full disk, and would
 * let the next process in. Whoever cannot renew it lives on; within one PID namespace nobody asks for its age.
 */
function renew(file: string, owner: Owner): void {
  try {
    writeFileSync(file, JSON.stringify(owner), { flag: 'r+' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    create(file, owner);
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner, nowMs: number): boolean {
  if (owner.namespace !== pidNamespace()) return nowMs - owner.aliveAt < SILENCE_MS;
  try {
    process.kill(owner.pid, 0);
    return startOf(owner.pid) === owner.startedAt;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Linux numbers the namespaces of each run, every machine alike; elsewhere there is one. */
function pidNamespace(): string {
  try {
    return `${readlinkSync('/proc/self/ns/pid')} of ${readBootId()}`;
  } catch {
    return 'host';
  }
}

/** Field 22 of /proc/{pid}/stat (proc_pid_stat(5)); the name before it may hold anything but ends with the last `)`. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
