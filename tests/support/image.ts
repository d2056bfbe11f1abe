/**
 * The container image, as far as this machine can make it. Where buildah and the base images are, it is built from the
 * Dockerfile; elsewhere the Dockerfile's own instructions are carried out in a temporary directory, stage by stage.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { dockerfileText, imageEnvironment, readDockerfile } from './dockerfile.ts';
import { type Launched, launchCommand } from './product.ts';

const root = join(import.meta.dirname, '../..');

export interface Image {
  /** Where the image's files are on this machine. */
  readonly root: string;
  /** Runs a command in it with its environment and its volume, which is `data` here. */
  launch(command: readonly string[], env: Readonly<Record<string, string>>, ready: RegExp): Launched;
  readonly data: string;
  remove(): void;
}

/** How the image comes about here; decided before any test runs, so that each test that is listed runs. */
export const imageIsBuilt = canBuild();

function canBuild(): boolean {
  const bases = [...dockerfileText.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image ?? '');
  return bases.every(
    (image) => spawnSync('buildah', ['inspect', '--type', 'image', image], { stdio: 'ignore' }).status === 0,
  );
}

export function makeImage(): Image {
  return imageIsBuilt ? build() : replay();
}

const TAG = 'localhost/ajaxsecurflow:test';
const buildah = (...args: string[]) =>
  execFileSync('buildah', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** Layers are kept, so that only what has changed is built again. */
function build(): Image {
  buildah('build', '--isolation', 'chroot', '--format', 'docker', '--layers', '--pull-never', '-t', TAG, '.');
  const container = buildah('from', '--pull-never', TAG);
  // Buildah would lay a folder of its own over the one that is given here.
  buildah('config', '--volume', '/data-', container);
  const data = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-volume-'));
  chownSync(data, 1000, 1000);
  return {
    root: buildah('mount', container),
    data,
    launch(command, env, ready) {
      const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      const place = ['--isolation', 'chroot', '--volume', `${data}:/data`, ...variables, container, '--'];
      return launchCommand(['buildah', 'run', ...place, ...command], {}, ready);
    },
    remove() {
      buildah('rm', container);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Carries out WORKDIR, COPY and RUN of each stage in a directory of its own; the base images are this machine. */
function replay(): Image {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-image-'));
  const stages = readDockerfile();
  for (const { name, instructions } of stages) {
    let workdir = '/';
    const inStage = (path: string, stage = name) =>
      join(directory, stage, path.startsWith('/') ? path : join(workdir, path));
    for (const { keyword, text } of instructions) {
      if (keyword === 'WORKDIR') workdir = text;
      mkdirSync(inStage(''), { recursive: true });
      if (keyword === 'COPY') copy(text, inStage);
      if (keyword === 'RUN') run(text, inStage('', name), join(directory, name));
    }
  }
  const { PATH: _path, DATA_DIR = '', ...environment } = imageEnvironment();
  const image = join(directory, stages.at(-1)?.name ?? '');
  const data = join(image, DATA_DIR);
  return {
    root: image,
    data,
    launch: ([program = '', ...args], env, ready) =>
      launchCommand(
        [join(image, 'usr/local/bin', program), ...args],
        { ...environment, DATA_DIR: data, ...env },
        ready,
        join(image, 'app'),
      ),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function copy(text: string, inStage: (path: string, stage?: string) => string): void {
  const { from, rest } = /^(?:--from=(?<from>\w+) )?(?<rest>.+)$/.exec(text)?.groups ?? {};
  const paths = (rest ?? '').split(' ');
  const target = paths.pop() ?? '';
  for (const path of paths) {
    const source = from === undefined ? join(root, path) : inStage(path, from);
    const isFolder = target.endsWith('/') && (paths.length > 1 || existsSync(join(source, '.')) === false);
    const destination = isFolder ? join(inStage(target), basename(path)) : inStage(target);
    // .dockerignore: what is built here does not go in.
    cpSync(source, destination, { recursive: true, filter: (file) => file !== join(root, 'web/dist') });
  }
}

function run(command: string, cwd: string, stageRoot: string): void {
  // Every test run starts with it; the folder it makes is the one these tests run from.
  if (command === 'npm ci') {
    symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
    return;
  }
  if (command.startsWith('install -d ')) {
    const { mode, path } =
      /^install -d -o \d+ -g \d+ -m (?<mode>\d+) (?<path>\/\S+)$/.exec(command)?.groups ?? {};
    if (mode === undefined || path === undefined) throw new Error(`Not understood: ${command}`);
    mkdirSync(join(stageRoot, path), { recursive: true });
    chmodSync(join(stageRoot, path), Number.parseInt(mode, 8));
    return;
  }
  const env = { ...process.env, npm_config_prefer_offline: 'true' };
  execFileSync('sh', ['-ec', command], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
}
