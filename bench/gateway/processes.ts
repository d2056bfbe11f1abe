/** The compared servers as processes, and the CPU time they have used. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../tests/support/port.ts';
import type { ServerSettings } from './servers/settings.ts';

export interface Server {
  readonly origin: string;
  readonly child: ChildProcess;
  close(): Promise<void>;
}

const PROJECT = new URL('../../', import.meta.url);

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Starts a file of ours that says its port, and whatever else, over IPC. */
export async function startFile<Said extends { readonly port: number }>(
  file: string,
  settings?: ServerSettings,
): Promise<Server & { readonly said: Said }> {
  const args = settings === undefined ? [] : [JSON.stringify(settings)];
  const child = fork(new URL(file, import.meta.url), args, { execArgv: [] });
  const said = await new Promise<Said>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${file} has ended with ${code}`)));
  });
  return { origin: `http://127.0.0.1:${said.port}`, child, said, close: () => end(child) };
}

/** The product as `npm start` runs it. */
export async function startProduct(
  env: Readonly<Record<string, string>>,
  execArgv: readonly string[] = [],
): Promise<Server> {
  const child = spawn(
    process.execPath,
    ['--import', './src/main.compile-cache.ts', ...execArgv, 'src/main.ts'],
    {
      cwd: PROJECT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const origin = await new Promise<string>((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^ *Open +(http:\/\/\S+?)\/?$/m.exec(text)?.[1];
      if (found === undefined) return;
      // Its log goes on being written, and is read by nobody.
      child.stdout.off('data', look).resume();
      resolve(found);
    };
    child.stdout.on('data', look);
    child.once('exit', (code) => reject(new Error(`The product has ended with ${code}:\n${text}`)));
  });
  return { origin, child, close: () => end(child) };
}

export async function startNginx(upstream: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-nginx-'));
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const path of paths) mkdirSync(join(directory, path));
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  ${paths.map((path) => `${path}_temp_path ${directory}/${path};`).join('\n  ')}
  upstream ajax { server ${new URL(upstream).host}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://ajax; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  );
  const child = spawn('nginx', ['-c', file, '-p', directory], { stdio: ['ignore', 'inherit', 'inherit'] });
  const origin = `http://127.0.0.1:${port}`;
  await answers(origin);
  return {
    origin,
    child,
    async close() {
      await end(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answers(origin: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(origin);
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** CPU milliseconds of a process, all its threads and its children so far, to the nanosecond (Linux schedstat). */
export function cpuMs({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The process has not started');
  return cpuNanos(pid) / 1e6;
}

function cpuNanos(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const own = readdirSync(tasks).map((task) => {
    const [nanos] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ');
    return Number(nanos);
  });
  const children = readFileSync(`${tasks}/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [...own, ...children.map((child) => cpuNanos(Number(child)))].reduce((sum, nanos) => sum + nanos, 0);
}
