/** What the documents promise a newcomer, run as it is written. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, codeBlocks, runShell } from '../support/documented.ts';
import { type Launched, launch, type Runtime, stop } from '../support/product.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

let dataDirectory: string;
let demo: Launched;
let url: string;

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-documents-'));
  demo = launch('node', { DATA_DIR: dataDirectory });
  url = await demo.address;
}, 180_000);
afterAll(async () => {
  await stop(demo.process, 'SIGTERM');
  rmSync(dataDirectory, { recursive: true, force: true });
});

it('the first requests of the README work against a first start', { timeout: 120_000 }, async () => {
  for (const text of ['demo@ajaxsecurflow.dev', 'demo-1234', dataDirectory])
    expect(demo.output()).toContain(text);
  const [script = ''] = codeBlocks('README.md', 'sh', '## First requests');
  expect(script).toContain('arm-state');
  const stdout = await runShell([script], url);
  const answers = stdout.split(/(?<=[\]}])(?=[[{])/).map((answer) => JSON.parse(answer) as unknown);
  expect(answers).toMatchObject([
    [{ name: 'Linden Street 12' }, { name: 'Lumen Coffee' }],
    expect.arrayContaining([expect.objectContaining({ deviceType: 'DoorProtectPlus' })]),
    { success: true, outcome: 'done' },
    { limit: 100 },
    expect.arrayContaining([expect.objectContaining({ action: 'hub.arm', outcome: 'done' })]),
  ]);
});

describe('docs/rest-clients.md', () => {
  it('shows curl commands that work in the order they are shown', { timeout: 120_000 }, async () => {
    const blocks = codeBlocks('docs/rest-clients.md', 'sh').filter((block) => !block.includes('npm '));
    expect(blocks.length).toBeGreaterThan(5);
    const stdout = await runShell(blocks, url);
    for (const part of [
      '"name":"Linden Street 12"',
      'x-cache: ',
      '"success":true,"outcome":"done"',
      'idempotency-replayed: true',
      '"outcome":"done","status":204',
      'location: /api/v1/jobs/',
      '"state":"done"',
      '"code":"invalid_credentials"',
      '"action":"hub.arm"',
      '"total_is_exact":',
      '"scenario":{',
      'Successfully logged out',
    ])
      expect(stdout).toContain(part);
  });

  // Below the sources, where the package finds itself by its name as an installed one would be found.
  const written = join(root, 'tests', 'runtime', 'documented-client.ts');
  afterAll(() => rmSync(written, { force: true }));

  it.each<Runtime>(['node', 'deno'])(
    'shows TypeScript that compiles and runs on %s',
    { timeout: 240_000 },
    async (runtime) => {
      const blocks = codeBlocks('docs/rest-clients.md', 'ts');
      expect(blocks.length).toBeGreaterThan(1);
      writeFileSync(written, at(url, blocks.join('\n')));
      if (runtime === 'node') await run('npx', ['tsc', '-p', 'tsconfig.json'], { cwd: root });
      const [program = '', ...args] = runtime === 'node' ? [process.execPath] : ['deno', 'run', '-A'];
      const { stdout } = await run(program, [...args, written], { cwd: root });
      expect(stdout).toContain('Studio Norte is ');
      expect(stdout).toMatch(/^ {2}\S/m);
      expect(stdout).toContain('disarmed: done');
    },
  );
});
