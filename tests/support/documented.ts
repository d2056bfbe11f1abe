/** Code blocks of a document, run as they are written. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The fenced blocks of a document in one language, in order; `after` names a heading to begin at. */
export function codeBlocks(path: string, language: string, after = ''): string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const from = text.indexOf(after);
  if (from < 0) throw new Error(`${path} has no ${after}`);
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...text.slice(from).matchAll(fence)].map(([, block = '']) => block);
}

/** Where documents say the gateway is. */
const DOCUMENTED = 'http://127.0.0.1:8000';

/** Runs blocks in one shell that ends at the first failure; answers with what they print. */
export async function runShell(blocks: readonly string[], url: string): Promise<string> {
  const script = blocks.join('\n').replaceAll(DOCUMENTED, url);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { timeout: 60_000 });
  return stdout;
}

export const at = (url: string, block: string): string => block.replaceAll(DOCUMENTED, url);
