/** A directory on a small disk of its own, which a test fills: in a mount namespace, so that it ends with its process. */
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The command, run where `directory` is an empty disk of so many bytes. */
export function onSmallDisk(directory: string, bytes: number, command: readonly string[]): readonly string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const mount = `mount -t tmpfs -o size=${bytes},mode=0700 tmpfs "$0" && exec "$@"`;
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, directory, ...command];
}

/** The disk as the process that was started there sees it (proc(5), root). */
export function diskOf(pid: number | undefined, directory: string) {
  const ballast = join(`/proc/${pid}/root`, directory, 'ballast');
  return {
    /** Leaves no byte free. */
    fill(): void {
      const file = openSync(ballast, 'a');
      try {
        for (const size of [1024 * 1024, 4096]) writeUntilFull(file, Buffer.alloc(size));
      } finally {
        closeSync(file);
      }
    },
    free(): void {
      if (existsSync(ballast)) rmSync(ballast);
    },
  };
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    while (writeSync(file, block) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
