/** A real nginx with the configuration a test gives it, in a temporary directory, in the foreground. */
import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestNginx {
  output(): string;
  stop(): Promise<void>;
}

export interface TestNginxOptions {
  /** Gets the directory nginx may write to. */
  readonly config: (directory: string) => string;
  /** Of 127.0.0.1; ready when something accepts connections there. */
  readonly port: number;
  /** Runs it as a user without rights. Default: as the tests' own. */
  readonly unprivileged?: boolean;
}

const NOBODY = 65_534;

export async function startNginx(options: TestNginxOptions): Promise<TestNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-nginx-'));
  const isOther = options.unprivileged === true && process.getuid?.() === 0;
  if (isOther) chownSync(directory, NOBODY, NOBODY);
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, options.config(directory), { mode: 0o644 });
  const args = ['-c', file, '-p', directory, '-e', 'stderr', '-g', 'daemon off;'];
  const server = spawn('nginx', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isOther && { uid: NOBODY, gid: NOBODY }),
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  let hasEnded = false;
  server.once('close', () => (hasEnded = true));
  const startedAt = performance.now();
  while (!(await accepts(options.port))) {
    if (hasEnded || performance.now() - startedAt > 20_000)
      throw new Error(`nginx did not start:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    output: () => output,
    async stop() {
      server.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
