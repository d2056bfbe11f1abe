/**
 * Builds the dashboard and the page of the API's description into web/dist: `node web/build.ts` or `deno run -A web/build.ts`.
 * `--if-stale` builds only when a source or the lockfile is newer than the last build, and says nothing otherwise.
 */
import { readdirSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const web = new URL('./', import.meta.url);
const builtPage = new URL('dist/index.html', web);
const sources = [
  'src/',
  'docs/',
  'public/',
  'index.html',
  'vite.config.ts',
  'build.ts',
  '../src/kernel/minor-units.ts',
  '../package-lock.json',
];

function modifiedAtMs(url: URL): number {
  const stat = statSync(url, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const children = readdirSync(url, { recursive: true, encoding: 'utf8' });
  return Math.max(stat.mtimeMs, ...children.map((child) => modifiedAtMs(new URL(child, url))));
}

async function loadVite(): Promise<typeof import('vite') | undefined> {
  try {
    return await import('vite');
  } catch (error) {
    // An image ships the built dashboard without the tools that built it; copying may have touched the dates.
    if (modifiedAtMs(builtPage) > 0) return undefined;
    throw error;
  }
}

const newestSourceMs = Math.max(...sources.map((path) => modifiedAtMs(new URL(path, web))));
const isStale = newestSourceMs > modifiedAtMs(builtPage);

if (isStale || !process.argv.includes('--if-stale')) {
  const vite = await loadVite();
  if (vite) {
    const startedAt = performance.now();
    // Only with the tools at hand, like Vite.
    const { buildApiPage } = await import('./docs/build.ts');
    await vite.build({ configFile: fileURLToPath(new URL('vite.config.ts', web)), logLevel: 'error' });
    await buildApiPage(new URL('dist/', web));
    console.log(`dashboard built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}
