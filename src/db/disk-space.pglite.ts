/**
 * Keeps PGlite from running out of disk: a log segment that cannot be made is a PANIC for PostgreSQL, and after one
 * PGlite turns in circles for ever at the next statement, and its process with it (0.5.16).
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Two segments of the log, 16 MB each, and what tables grow by until space is looked at again. */
export const LEAST_FREE_BYTES = 48 * 1024 * 1024;
const LOOK_EVERY_MS = 250;

/** There is too little space on the disk for another statement. Its code is that of the operating system. */
export class DiskFull extends Error {
  readonly code = 'ENOSPC';

  constructor(directory: string) {
    super(
      `Less than ${LEAST_FREE_BYTES / 1024 / 1024} MB are free where ${directory} is, too little for the embedded database`,
    );
    this.name = 'DiskFull';
  }
}

/** Throws DiskFull, whenever called, while there is too little; as seen a quarter of a second ago at most. */
export function watchDiskSpace(directory: string, freeBytes: () => number = () => freeAt(directory)) {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isEnough = true;
  return () => {
    const now = performance.now();
    if (now - lookedAt >= LOOK_EVERY_MS) {
      lookedAt = now;
      isEnough = freeBytes() >= LEAST_FREE_BYTES;
    }
    if (!isEnough) throw new DiskFull(directory);
  };
}

/** What this user may still write; the directory itself is made when it is first needed. */
function freeAt(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(directory));
    return bavail * bsize;
  } catch {
    // A file system that does not tell is used as it is.
    return Number.POSITIVE_INFINITY;
  }
}
