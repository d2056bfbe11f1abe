/** A PostgreSQL of the test's own: a cluster in a temporary directory, on a Unix socket and a free port. */
import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';

export interface TestPostgres {
  readonly url: string;
  /** Starts again on the same data; after a crash, what was not yet written to the log is lost. */
  restart(how?: 'shutdown' | 'crash'): Promise<void>;
  /** Starts again on the same data, on a new timeline, as after a fail-over. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestPostgresOptions {
  /** More settings, for instance `{ fsync: 'on' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startPostgres({ settings = {} }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-postgres-'));
  const user = databaseUser();
  if (user) chownSync(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const options = { ...user, cwd: directory };
  execFileSync('initdb', ['-D', data, '-U', 'test', '--auth=trust', '--no-sync'], {
    ...options,
    stdio: 'pipe',
  });
  const port = await freePort();
  const all = {
    fsync: 'off',
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    ...settings,
  };
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const start = () => startServer(args, options);
  let server = await start();
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    async restart(how = 'shutdown') {
      await server.end(how);
      server = await start();
    },
    async promote() {
      await server.end();
      writeFileSync(join(data, 'standby.signal'), '');
      server = await start();
      const onServer = ['-h', directory, '-p', String(port), '-U', 'test', 'postgres'];
      execFileSync('psql', ['-qc', 'select pg_promote()', ...onServer], { stdio: 'pipe' });
    },
    async stop() {
      await server.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startServer(args: readonly string[], options: SpawnOptions) {
  const server = spawn('postgres', args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk) => {
      output += chunk;
      if (/ready to accept (read-only )?connections/.test(output)) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${output}`)));
  });
  return {
    async end(how: 'shutdown' | 'crash' = 'shutdown') {
      // SIGINT does not wait for clients, SIGQUIT does not even write what is in memory.
      server.kill(how === 'crash' ? 'SIGQUIT' : 'SIGINT');
      await ended;
    },
  };
}

/** PostgreSQL refuses to run as root. */
function databaseUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
