/** The machine and the programs of a run, as far as they matter to its figures. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

/** One line of text; names no host and no path. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const programs = [
    `Node ${process.versions.node}`,
    versionOf('redis-server', /v=(\S+)/, 'Redis'),
    versionOf('postgres', /(\d+(\.\d+)*)/, 'PostgreSQL'),
  ];
  const kernel = `${process.platform} ${release().replace(/^(\d+\.\d+).*/, '$1')}`;
  return `${processors.length} cores (${model}), ${kernel}, ${programs.join(', ')}`;
}

/** Averages over the last minute; other work on the machine distorts every figure. */
export const loadNow = () => (loadavg()[0] ?? 0).toFixed(1);

function versionOf(program: string, pattern: RegExp, name: string): string {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return `${name} ${pattern.exec(text)?.[1] ?? 'of unknown version'}`;
}
