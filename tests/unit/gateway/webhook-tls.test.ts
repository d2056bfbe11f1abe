import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendWebhook } from '../../../src/notifications/webhooks/send-webhook.undici.ts';

const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-tls-'));
const names: unknown[] = [];
let requests = 0;
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    [...args, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=hooks.example'],
    {
      stdio: 'pipe',
    },
  );
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    requests++;
    response.end();
  });
  server.on('tlsClientError', () => {});
  server.on('connection', () => names.push('connection'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

it('a webhook is not sent to a server whose certificate nobody vouches for', async () => {
  const { port } = server.address() as AddressInfo;
  const sending = sendWebhook({
    url: new URL(`https://hooks.example:${port}/x`),
    address: '127.0.0.1',
    headers: {},
    body: '{}',
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  });
  await expect(sending).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(names).toEqual(['connection']);
  expect(requests).toBe(0);
});
