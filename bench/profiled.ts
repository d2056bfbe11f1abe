/**
 * Preloaded by `profileFlags`: the first SIGUSR2 begins a CPU profile of this process, the second ends it. So a profile
 * holds the work that was measured, and not the start.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const into = new URL(import.meta.url).searchParams.get('into');
if (into === null) throw new Error('Say into which file');
const session = new Session();
session.connect();
await session.post('Profiler.enable');

/** A file is either not there or whole. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

process.once('SIGUSR2', async () => {
  await session.post('Profiler.start');
  process.once('SIGUSR2', async () => {
    const { profile } = await session.post('Profiler.stop');
    write(into, JSON.stringify(profile));
  });
  write(`${into}.begun`, '');
});
