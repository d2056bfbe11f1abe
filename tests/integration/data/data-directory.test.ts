import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectoryBusy, openDataDirectory } from '../../../src/db/data-directory.ts';

let directory: string;
let lockFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-data-'));
  lockFile = join(directory, 'gateway.lock');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const writeLock = (owner: object) =>
  writeFileSync(
    lockFile,
    JSON.stringify({ token: 't', namespace: 'elsewhere', startedAt: '1', aliveAt: 0, ...owner }),
  );

describe('the lock of the data directory', () => {
  it('lets one in and names its PID to the next', async () => {
    const first = await openDataDirectory(directory);
    await expect(openDataDirectory(directory)).rejects.toThrow(DataDirectoryBusy);
    await expect(openDataDirectory(directory)).rejects.toThrow(`PID ${process.pid}`);
    first.release();
    (await openDataDirectory(directory)).release();
  });

  it('of a process that is gone is taken over, also when its PID belongs to another process now', async () => {
    const first = await openDataDirectory(directory);
    const owner = JSON.parse(readFileSync(lockFile, 'utf8')) as object;
    first.release();
    for (const gone of [{ pid: 2 ** 22 - 1 }, { pid: process.pid, startedAt: 'before this process' }]) {
      writeLock({ ...owner, ...gone });
      (await openDataDirectory(directory)).release();
    }
  });

  it('of a process in another PID namespace counts as long as it gives signs of life', async () => {
    writeLock({ pid: 1, aliveAt: 1_000_000 });
    let now = 1_000_000;
    const beating = setInterval(() => {
      now += 5_000;
      writeLock({ pid: 1, aliveAt: now });
    }, 20);
    try {
      await expect(openDataDirectory(directory, () => now)).rejects.toThrow('PID 1');
    } finally {
      clearInterval(beating);
    }
    const silent = await openDataDirectory(directory, () => now + 60_000);
    silent.release();
  });

  it('names the machine as well: on two that share the folder, namespaces and PIDs are alike', async () => {
    const here = await openDataDirectory(directory);
    const owner = JSON.parse(readFileSync(lockFile, 'utf8')) as { namespace: string };
    here.release();
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = owner.namespace.replace(bootId, 'another run of the system');
    let now = 1_000_000;
    const beating = setInterval(() => {
      now += 5_000;
      writeLock({ ...owner, namespace, startedAt: 'elsewhere', aliveAt: now });
    }, 20);
    try {
      writeLock({ ...owner, namespace, startedAt: 'elsewhere', aliveAt: now });
      await expect(openDataDirectory(directory, () => now)).rejects.toThrow(DataDirectoryBusy);
    } finally {
      clearInterval(beating);
    }
  });

  it('is renewed without being emptied first, and a failure to do so ends nobody', async () => {
    const first = await openDataDirectory(directory);
    const { ino } = statSync(lockFile);
    const aliveAt = () => (JSON.parse(readFileSync(lockFile, 'utf8')) as { aliveAt: number }).aliveAt;
    const before = aliveAt();
    // Never half a file, whenever it is looked at.
    await expect.poll(aliveAt, { timeout: 10_000, interval: 1 }).toBeGreaterThan(before);
    expect(statSync(lockFile).ino).toBe(ino);
    // As good as a disk that takes nothing: a directory cannot be written.
    rmSync(lockFile);
    mkdirSync(lockFile);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    rmSync(lockFile, { recursive: true });
    await expect.poll(() => existsSync(lockFile), { timeout: 10_000 }).toBe(true);
    first.release();
  });

  it('that holds nonsense is replaced', async () => {
    writeFileSync(lockFile, 'not json');
    (await openDataDirectory(directory)).release();
  });
});

describe('the secret key', () => {
  it('is made once, kept, and readable by its owner only', async () => {
    const first = await openDataDirectory(directory);
    const secret = first.secretKey();
    first.release();
    const second = await openDataDirectory(directory);
    expect(second.secretKey()).toBe(secret);
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(statSync(join(directory, 'secret.key')).mode & 0o777).toBe(0o600);
    second.release();
  });
});
