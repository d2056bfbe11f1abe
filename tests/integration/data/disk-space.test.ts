/** The embedded database is asked nothing while its disk is nearly full: it would not survive a log it cannot write. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql as raw } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { DiskFull, LEAST_FREE_BYTES } from '../../../src/db/disk-space.pglite.ts';
import { openPglite } from '../../../src/db/pglite.ts';

const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-space-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('a disk that is nearly full is an outage, with and without a transaction, and no longer than it lasts', {
  timeout: 60_000,
}, async () => {
  let free = LEAST_FREE_BYTES;
  const database = await openPglite(join(directory, 'live'), { freeBytes: () => free });
  const one = () => database.run((sql) => sql.execute(raw`select 1`)).then(() => 'answered');
  const two = () =>
    database.run((sql) => sql.transaction((tx) => tx.execute(raw`select 1`))).then(() => 'answered');
  expect(await one()).toBe('answered');
  free -= 1;
  for (const ask of [one, two]) {
    await expect.poll(() => ask().catch(({ code }) => code)).toBe('database_unavailable');
  }
  free += 1;
  for (const ask of [one, two]) await expect.poll(ask).toBe('answered');
  await database.close();
});

it('nothing is opened on such a disk', async () => {
  await expect(
    openPglite(join(directory, 'other'), { freeBytes: () => LEAST_FREE_BYTES - 1 }),
  ).rejects.toThrow(DiskFull);
});
