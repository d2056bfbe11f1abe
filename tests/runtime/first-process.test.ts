/**
 * The gateway as a container runs it: the first process of a PID namespace of its own, which no signal ends that it does
 * not handle, and whose PID says nothing to the next container on the same volume.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageCommand } from '../support/dockerfile.ts';
import { freePort } from '../support/port.ts';
import { type Launched, launchCommand, stop } from '../support/product.ts';

const OPEN = /^ *Open +(http:\/\/\S+)/m;
const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

let data: string;
const launched: Launched[] = [];
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-volume-'));
});
afterAll(async () => {
  for (const { process } of launched) await stop(process, 'SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

async function startContainer(): Promise<Launched> {
  const [, ...args] = imageCommand('CMD');
  const namespace = ['--pid', '--mount-proc', '--fork', '--kill-child=SIGKILL', ...asRoot];
  const container = launchCommand(
    ['unshare', ...namespace, process.execPath, ...args],
    { DATA_DIR: data, PORT: String(await freePort()) },
    OPEN,
  );
  launched.push(container);
  return container;
}

/** The first process of the namespace: the child of `unshare`, which ends as it does. */
function firstProcessOf({ process: { pid } }: Launched): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number.parseInt(children, 10);
}

const lockToken = () => /"token":"([^"]+)"/.exec(readFileSync(join(data, 'gateway.lock'), 'utf8'))?.[1];
const ended = ({ process }: Launched) =>
  process.exitCode !== null
    ? Promise.resolve(process.exitCode)
    : new Promise<number | null>((resolve) => process.once('exit', resolve));

describe('as the first process of a container', { timeout: 300_000 }, () => {
  let first: Launched;

  it('runs with PID 1 on a fresh volume', async () => {
    first = await startContainer();
    await first.address;
    const status = readFileSync(`/proc/${firstProcessOf(first)}/status`, 'utf8');
    expect(status).toMatch(/^NSpid:\s+\d+\s+1$/m);
  });

  it('a second container on the same volume is refused, and the first is unharmed', async () => {
    const second = await startContainer();
    expect(await ended(second)).toBe(1);
    expect(second.output()).toContain('is in use by the process with PID 1');
    expect((await fetch(`${await first.address}/ready`)).status).toBe(200);
  });

  it('after a kill the next one takes the volume over; a stop is heeded also while it starts', async () => {
    const before = lockToken();
    await stop(first.process, 'SIGKILL');
    const next = await startContainer();
    await expect.poll(() => lockToken() !== before, { timeout: 60_000 }).toBe(true);
    expect(next.output()).not.toMatch(OPEN);
    process.kill(firstProcessOf(next), 'SIGTERM');
    expect(await ended(next)).toBe(0);
    expect(readdirSync(data)).not.toContain('gateway.lock');
  });

  it('starts on what a stop during the start has left, and ends cleanly', async () => {
    const last = await startContainer();
    await last.address;
    process.kill(firstProcessOf(last), 'SIGTERM');
    expect(await ended(last)).toBe(0);
    expect(readdirSync(data).sort()).toEqual(['demo', 'secret.key']);
  });
});
