/** The listener of `src/serve.ts` with short limits and a handler that shows what reaches it. Runs on Node and on Deno. */
import { listen, onShutdown } from '../../src/serve.ts';

const LARGE = 'x'.repeat(64 * 1024 * 1024);
let aborted = 0;

const listener = await listen(
  async (request, { target, remoteAddress }) => {
    const { pathname } = new URL(request.url);
    request.signal.addEventListener('abort', () => aborted++);
    if (pathname === '/large') return new Response(LARGE);
    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1_500));
    if (pathname === '/throws') throw new Error('a secret of the inside');
    // Takes its time before it reads: what waits for it is not the client's fault.
    if (pathname === '/late') await new Promise((resolve) => setTimeout(resolve, 2_500));
    const body = await request.text().catch(() => 'broken');
    return Response.json({ target, remoteAddress, body, aborted });
  },
  {
    hostname: '127.0.0.1',
    port: 0,
    limits: {
      headersMs: 1_000,
      requestMs: 5_000,
      pace: { windowMs: 1_000, bytes: 100 },
      silenceMs: 4_000,
      closeMs: 5_000,
    },
  },
);
console.log(`ready at http://127.0.0.1:${listener.port}`);
onShutdown(() => {
  listener.close().then(() => process.exit(0));
});
