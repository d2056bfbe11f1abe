/** A Redis of the test's own: in a temporary directory, on a Unix socket or a free port. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { diskOf, onSmallDisk } from './small-disk.ts';

export interface TestRedis {
  /** Stays the same over restarts. */
  readonly url: string;
  /** Where dump.rdb and the append-only file are. */
  readonly directory: string;
  /** Its own disk (`diskBytes`). */
  disk(): ReturnType<typeof diskOf>;
  /** SIGKILL: nothing more is written. */
  kill(): Promise<void>;
  /** Holds the server still, as if it hung; SIGCONT lets it go on with what waits on its sockets. */
  pause(): void;
  resume(): void;
  /** Starts again on the same data, after `kill` or instead of it. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

export interface TestRedisOptions {
  readonly appendOnly?: boolean;
  /** Listens on 127.0.0.1 instead of a Unix socket. */
  readonly tcp?: boolean;
  /** Its directory is a disk of its own, of so many bytes. */
  readonly diskBytes?: number;
  /** More lines of redis.conf, for instance `{ requirepass: 'x' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-redis-'));
  const socket = join(directory, 'redis.sock');
  const port = options.tcp ? await freePort() : 0;
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: options.appendOnly ? 'yes' : 'no',
    // With everysec a busy disk may hold back what was confirmed.
    appendfsync: 'always',
    ...(!options.tcp && { unixsocket: socket }),
    ...options.settings,
  };
  const configuration = Object.entries(settings).map(([name, value]) => `${name} ${value || '""'}\n`);
  const alone = ['redis-server', '-'];
  const command = options.diskBytes === undefined ? alone : onSmallDisk(directory, options.diskBytes, alone);
  const start = () => startServer(command, configuration.join(''));
  let server = await start();
  const kill = () => server.end('SIGKILL');
  return {
    url: options.tcp ? `redis://127.0.0.1:${port}` : `unix://${socket}`,
    directory,
    kill,
    disk: () => diskOf(server.pid, directory),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async restart() {
      await kill();
      server = await start();
    },
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startServer([name = '', ...args]: readonly string[], configuration: string) {
  const server = spawn(name, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  server.stdin.end(configuration);
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (chunk) => {
      output += chunk;
      if (/ready to accept connections/i.test(output)) resolve();
    });
    server.once('error', reject);
    server.once('close', () => reject(new Error(`Redis did not start:\n${output}`)));
  });
  return {
    pid: server.pid,
    signal: (name: NodeJS.Signals) => server.kill(name),
    async end(name: NodeJS.Signals) {
      server.kill(name);
      await ended;
    },
  };
}
