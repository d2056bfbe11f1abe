/** Installs what the benchmarks compare with, where it is missing or another version. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const here = new URL('./', import.meta.url);
const lock = readFileSync(new URL('package-lock.json', here), 'utf8');
/** npm writes what it has installed there. */
const installed = new URL('node_modules/.package-lock.json', here);

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}

const packagesOf = (text: string) => Object.entries((JSON.parse(text) as Lock).packages);

function isInstalled(): boolean {
  if (!existsSync(installed)) return false;
  const present = new Map(packagesOf(readFileSync(installed, 'utf8')));
  return packagesOf(lock).every(
    ([name, { version, optional }]) =>
      name === '' || optional === true || present.get(name)?.version === version,
  );
}

if (!isInstalled()) {
  console.log('Installing what the benchmarks compare with');
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], { cwd: here, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
