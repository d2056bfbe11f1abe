/** A request that goes on to another address arrives as it came, on every runtime (promise P13). */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./passed-on-cases.ts', import.meta.url));
const runtimes = {
  node: [process.execPath, [script]],
  deno: ['deno', ['run', '-A', script]],
} as const;
const bytes = Buffer.from(Uint8Array.from({ length: 1_000 }, (_, index) => index % 256)).toString('base64');

describe.each(Object.entries(runtimes))('on %s', (_name, [command, args]) => {
  let results: Record<string, unknown>;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(command, [...args], { timeout: 50_000 });
    results = JSON.parse(stdout);
  });

  describe.each([
    ['forwarded', '/v1/x'],
    ['under a prefix', '/api/v1/x'],
  ])('%s', (name, path) => {
    it.each(['GET', 'DELETE'])('%s arrives without a body', (method) => {
      expect(results[`${name}: ${method}`]).toEqual({ method, path, type: null, body: '' });
    });
    it.each(['POST', 'PUT'])('%s arrives with its body and type', (method) => {
      expect(results[`${name}: ${method}`]).toEqual({ method, path, type: 'image/png', body: bytes });
    });
  });
});
