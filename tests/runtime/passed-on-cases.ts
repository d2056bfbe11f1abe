/** Run on each runtime by passed-on.test.ts: what arrives when a request that came over HTTP goes to another address. */
import { createForward } from '../../coordinator/lease/forward.ts';
import { reachCoordinator } from '../../coordinator/reach.ts';
import { underPrefix } from '../../src/compose.ts';
import { listen } from '../../src/serve.ts';

const local = { hostname: '127.0.0.1', port: 0 };
const echo = async (request: Request) =>
  Response.json(
    {
      method: request.method,
      path: new URL(request.url).pathname,
      type: request.headers.get('content-type'),
      body: Buffer.from(await request.arrayBuffer()).toString('base64'),
    },
    { headers: { 'coordinator-origin': 'coordinator' } },
  );

const owner = await listen(echo, local);
const ownerUrl = `http://127.0.0.1:${owner.port}`;
const remote = reachCoordinator(ownerUrl);
const forward = createForward({ fetch: remote.fetch, random: Math.random });
const standby = await listen((request) => forward(request, ownerUrl), local);
const prefixed = await listen((request) => echo(underPrefix('/old', request)), local);

const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
const results: Record<string, unknown> = {};
for (const [name, port, path] of [
  ['forwarded', standby.port, '/v1/x'],
  ['under a prefix', prefixed.port, '/old/x'],
] as const) {
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    const hasBody = method === 'POST' || method === 'PUT';
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(hasBody ? { body: bytes, headers: { 'content-type': 'image/png' } } : {}),
    });
    results[`${name}: ${method}`] = response.ok ? await response.json() : response.status;
  }
}
console.log(JSON.stringify(results));
await Promise.all([standby.close(), prefixed.close(), remote.close()]);
await owner.close();
