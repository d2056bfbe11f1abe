/** Certainty about the death of another process, with real ones. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { isDead, nameOfProcess } from '../../../coordinator/lease/process.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Another process, and the name it has given itself. */
async function startOther(): Promise<{ child: ChildProcess; name: string }> {
  const file = new URL('../../../coordinator/lease/process.ts', import.meta.url).href;
  const program = `import { nameOfProcess } from '${file}';
    process.send(nameOfProcess('other'));
    process.on('message', () => {});`;
  const args = ['--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  const [name] = (await once(child, 'message')) as [string];
  return { child, name };
}

describe('a process', () => {
  test('is alive while it runs, also when it is stopped, and dead once it was killed', async () => {
    const { child, name } = await startOther();
    expect(name).toMatch(/^other@.+\/\d+\/\d+$/);
    expect(isDead(name)).toBe(false);
    child.kill('SIGSTOP');
    expect(isDead(name)).toBe(false);
    await kill(child);
    expect(isDead(name)).toBe(true);
  });

  test('is dead when another has its number now', async () => {
    const { name } = await startOther();
    expect(isDead(name.replace(/\d+$/, (ticks) => String(Number(ticks) - 1)))).toBe(true);
  });

  test('never takes itself for dead', () => {
    expect(isDead(nameOfProcess('self'))).toBe(false);
  });

  test('of another machine, container or kind is not called dead, whatever its number', async () => {
    const { child, name } = await startOther();
    await kill(child);
    expect(isDead(name.replace(/@[^/]+/, '@another-boot'))).toBe(false);
    expect(isDead(name.replace(/pid:\[\d+\]/, 'pid:[1]'))).toBe(false);
    expect(isDead('a-name-without-more')).toBe(false);
    expect(isDead('')).toBe(false);
  });
});
