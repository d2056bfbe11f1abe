/** Dockerfile and docker-compose.yml: linted, hardened, and naming nothing the product does not know. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { gatewayVariables, parseConfig, parseCoordinatorConfig, parseDatabaseUrl } from '../../src/config.ts';
import { composeText, composeVariables, readCompose } from '../support/compose-file.ts';
import {
  dockerfileText,
  imageCommand,
  imageEnvironment,
  readDockerfile,
  valuesOf,
} from '../support/dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const example = parseEnv(readFileSync(join(root, '.env.example'), 'utf8')) as Record<string, string>;
const SECRETS = {
  AJAX_API_KEYS: 'key-1',
  SECRET_KEY: 'a test secret of more than 32 characters',
  COORDINATOR_SECRET: 'shared by all processes',
  POSTGRES_PASSWORD: 'p@ss:word/#%',
};

/** What a result of dclint holds; its own types do not resolve from here. */
interface LintResult {
  readonly messages: readonly { readonly rule: string; readonly message: string }[];
}

/** Dclint reads no variables: their defaults take their places. */
function composeProblems(text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-compose-'));
  const file = join(directory, 'docker-compose.yml');
  writeFileSync(file, text.replace(/\$\{\w+:-([^}]*)\}/g, '$1'));
  const rules = {
    // What is named with & must stand before what refers to it; keys stand in the order of the alphabet.
    'service-keys-order': 0,
    'top-level-properties-order': 0,
  } as const;
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const results: LintResult[] = linter.lintFiles([file], false);
  rmSync(directory, { recursive: true });
  expect(results).toHaveLength(1);
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
}

describe('the Dockerfile', () => {
  it('has nothing its linter would complain about, and the linter would', () => {
    expect(validate(dockerfileText)).toEqual([]);
    expect(validate(dockerfileText.replace('EXPOSE 8000', 'EXPOSE port'))).toHaveLength(1);
  });

  it('ends as a user without rights, named by number, with its data on a volume', () => {
    expect(valuesOf('USER')).toEqual(['1000:1000']);
    expect(valuesOf('VOLUME')).toEqual([imageEnvironment().DATA_DIR]);
    expect(valuesOf('EXPOSE')).toEqual([imageEnvironment().PORT]);
  });

  it('sets only variables the gateway knows, and they make a configuration', () => {
    const { NODE_ENV, ...variables } = imageEnvironment();
    expect(NODE_ENV).toBe('production');
    expect(Object.keys(variables).filter((name) => !(name in gatewayVariables))).toEqual([]);
    expect(parseConfig(variables)).toMatchObject({
      http: { host: '0.0.0.0', port: 8000 },
      dataDirectory: '/data',
      upstream: 'unconfigured',
    });
  });

  it('starts programs without a shell in between, which would keep signals from them', () => {
    for (const keyword of ['CMD', 'HEALTHCHECK'] as const) {
      const [program, file = ''] = imageCommand(keyword);
      expect(program).toBe('node');
      expect(existsSync(join(root, file))).toBe(true);
    }
    expect(valuesOf('ENTRYPOINT')).toEqual([]);
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const ignore = readFileSync(join(root, '.dockerignore'), 'utf8');
    const copied = readDockerfile()
      .flatMap(({ instructions }) => instructions)
      .filter(({ keyword, text }) => keyword === 'COPY' && !text.startsWith('--from'))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(new Set(copied).size).toBeGreaterThan(5);
    for (const path of copied) {
      expect(existsSync(join(root, path))).toBe(true);
      expect(ignore.split('\n')).toContain(`!${path}`);
    }
    expect(ignore).toMatch(/^\*$/m);
  });
});

describe('docker-compose.yml', () => {
  const services = readCompose({ ...example, ...SECRETS });

  it('has nothing its linter would complain about, and the linter would', () => {
    expect(composeProblems(composeText)).toEqual([]);
    const broken = composeText.replace('image: redis:7-bookworm', 'image: redis');
    expect(composeProblems(broken).join()).toContain('service-image-require-explicit-tag');
  });

  it.each(Object.keys(SECRETS))('does without no secret: %s', (name) => {
    expect(() => readCompose({ ...example, ...SECRETS, [name]: '' })).toThrow(`${name} is required`);
  });

  it('asks for exactly what .env.example lists, whose values are its own defaults and no secrets', () => {
    const asked = composeVariables();
    expect(Object.keys(example).sort()).toEqual([...asked.keys()].sort());
    for (const [name, isRequired] of asked) if (isRequired) expect(example[name]).toBe('');
    expect(readCompose(SECRETS)).toEqual(services);
  });

  it('gives each program what it needs and knows, and the API key to the coordinator alone', () => {
    const programs = Object.values(services).filter(({ build }) => build !== undefined);
    expect(programs).toHaveLength(3);
    for (const { environment } of programs) {
      expect(Object.keys(environment).filter((name) => !(name in gatewayVariables))).toEqual([]);
    }
    const { coordinator, gateway, migrate } = services;
    const url = 'postgres://ajaxsecurflow:p%40ss%3Aword%2F%23%25@postgres:5432/ajaxsecurflow';
    expect(parseCoordinatorConfig(coordinator?.environment ?? {})).toMatchObject({
      port: 8001,
      databaseUrl: url,
      advertiseUrl: 'http://coordinator:8001',
      apiKeys: ['key-1'],
    });
    expect(parseConfig(gateway?.environment ?? {})).toMatchObject({
      upstream: 'remote',
      databaseUrl: url,
      http: { port: 8000, trustedProxies: [example.EDGE_PROXY] },
      coordinator: { urls: ['http://coordinator:8001'], apiKeys: [] },
    });
    expect(parseDatabaseUrl(migrate?.environment ?? {})).toBe(url);
  });

  it('opens one port, that of the proxy; every container is read-only, without rights, and not root', () => {
    const open = Object.entries(services).flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    expect(open).toEqual(['proxy 0.0.0.0:8000:8000']);
    for (const [name, service] of Object.entries(services)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({
          cap_drop: ['ALL'],
          read_only: true,
          security_opt: ['no-new-privileges:true'],
        }),
      ]);
      // The image built from the Dockerfile names its user itself.
      expect(service.build !== undefined || !['', 'root', '0'].includes(service.user ?? '')).toBe(true);
    }
  });

  it('keeps the databases where only the programs reach them', () => {
    for (const name of ['postgres', 'redis']) expect(services[name]?.networks).toEqual(['core']);
    expect(Object.keys(services.proxy?.networks ?? {})).toEqual(['edge']);
    expect(composeText).toMatch(/^ {2}core:\n {4}internal: true$/m);
  });
});
