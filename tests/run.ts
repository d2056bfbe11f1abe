/**
 * `npm test`: makes sure the programs the tests drive are there, runs vitest, and ends with a line that counts.
 * Arguments choose folders below tests/, for instance `npm test -- unit`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';

/** Programs of the system, the Debian package that brings each, and the folders of tests that drive it. */
const requirements = [
  { program: 'chromium', package: 'chromium', neededBy: ['web'] },
  { program: 'redis-server', package: 'redis-server', neededBy: ['integration', 'contract', 'runtime'] },
  { program: 'initdb', package: 'postgresql', neededBy: ['integration', 'contract', 'runtime'] },
  { program: 'nginx', package: 'nginx-light', neededBy: ['runtime'] },
  { program: 'openssl', package: 'openssl', neededBy: ['runtime'] },
] as const;

/** Debian keeps PostgreSQL's server programs off PATH, and for other users than root those in /usr/sbin as well. */
const postgresFolders = [15, 16, 17, 18].map((version) => `/usr/lib/postgresql/${version}/bin`);
const searchPath = [...(process.env.PATH ?? '').split(delimiter), ...postgresFolders, '/usr/sbin'];

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

installMissing();
process.exitCode = runTests();

function installMissing(): void {
  const missing = requirements.filter(({ program, neededBy }) => {
    const isNeeded =
      folders.length === 0 || folders.some((folder) => neededBy.some((room) => folder.includes(room)));
    return isNeeded && !isInstalled(program);
  });
  if (missing.length === 0) return;
  const names = missing.map((requirement) => requirement.package);
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`The tests drive ${missing.map(({ program }) => program).join(' and ')}. Install first:\n`);
    console.error(`  sudo ${command}\n`);
    process.exit(1);
  }
  console.log(`installing ${names.join(', ')}`);
  for (const step of ['apt-get update -qq', `${command} -qq`]) {
    const { status } = spawnSync('sh', ['-c', step], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) {
      console.error(`failed: ${step}`);
      process.exit(1);
    }
  }
}

function isInstalled(program: string): boolean {
  return searchPath.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function runTests(): number {
  const reports = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-tests-'));
  const report = join(reports, 'report.json');
  const vitest = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...folders.map((folder) => (folder.startsWith('tests/') ? folder : `tests/${folder}`)),
      ...options,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { stdio: 'inherit', env: { ...process.env, PATH: searchPath.join(delimiter) } },
  );
  try {
    const counts = z
      .object({ numPassedTests: z.number(), numFailedTests: z.number(), numTotalTests: z.number() })
      .parse(JSON.parse(readFileSync(report, 'utf8')));
    // A file that fails before its tests counts as a failure even though no test of it ran.
    const failed = Math.max(counts.numFailedTests, vitest.status === 0 ? 0 : 1);
    console.log(`${counts.numPassedTests} passed, ${failed} failed`);
  } catch (error) {
    console.error(error);
    console.log('0 passed, 1 failed');
  }
  rmSync(reports, { recursive: true, force: true });
  return vitest.status ?? 1;
}
