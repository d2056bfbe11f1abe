/** What the README promises a newcomer, run as it is written. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { launch, stop } from '../support/product.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

it('the first requests of the README work against a first start', { timeout: 120_000 }, async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-readme-'));
  const demo = launch('node', { DATA_DIR: dataDirectory });
  try {
    const url = await demo.address;
    for (const text of ['demo@ajaxsecurflow.dev', 'demo-1234', dataDirectory])
      expect(demo.output()).toContain(text);
    const script = /## First requests\n\n```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    expect(script).toContain('arm-state');
    const { stdout } = await promisify(execFile)('bash', [
      '-euo',
      'pipefail',
      '-c',
      script.replace('http://127.0.0.1:8000', url),
    ]);
    const answers = stdout.split(/(?<=[\]}])(?=[[{])/).map((answer) => JSON.parse(answer) as unknown);
    expect(answers).toMatchObject([
      [{ name: 'Linden Street 12' }, { name: 'Lumen Coffee' }],
      expect.arrayContaining([expect.objectContaining({ deviceType: 'DoorProtectPlus' })]),
      { success: true, outcome: 'done' },
      { limit: 100 },
      expect.arrayContaining([expect.objectContaining({ action: 'hub.arm', outcome: 'done' })]),
    ]);
  } finally {
    await stop(demo.process, 'SIGTERM');
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
