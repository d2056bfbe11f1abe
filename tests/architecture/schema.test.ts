import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it('the committed migrations bring a database to the tables of the code', () => {
  // Inside the project, because the tool takes relative paths only.
  const copy = mkdtempSync(join(root, 'node_modules/.migrations-'));
  try {
    cpSync(join(root, 'src/db/migrations'), copy, { recursive: true });
    const before = readdirSync(copy);
    execFileSync(
      process.execPath,
      [
        'node_modules/drizzle-kit/bin.cjs',
        'generate',
        '--dialect=postgresql',
        '--schema=./{src/*,coordinator/storage}/table.ts',
        `--out=./node_modules/${copy.split('/').at(-1)}`,
      ],
      { cwd: root, stdio: 'pipe' },
    );
    expect(readdirSync(copy)).toEqual(before);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
