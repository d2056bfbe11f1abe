/** Builds the page of the API's description into the dashboard's folder: docs/index.html and hashed files in assets/. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const here = new URL('./', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, here), 'utf8');

export async function buildApiPage(dist: URL): Promise<void> {
  const files = {
    'scalar.js': await scalarScript(),
    'start.js': read('start.js'),
    'page.css': read('../src/design/tokens.css') + read('page.css'),
  };
  let page = read('page.html');
  for (const [name, text] of Object.entries(files)) {
    const hash = createHash('sha256').update(text).digest('base64url').slice(0, 8);
    const address = `assets/docs-${name.replace('.', `-${hash}.`)}`;
    writeFileSync(new URL(address, dist), text);
    // Once here instead of at every request: the script has 5 MB.
    writeFileSync(new URL(`${address}.gz`, dist), await promisify(gzip)(text, { level: 9 }));
    page = page.replace(`{{${name}}}`, `/${address}`);
  }
  mkdirSync(new URL('docs/', dist), { recursive: true });
  writeFileSync(new URL('docs/index.html', dist), page);
}

interface Route {
  readonly url: string;
  readonly handler: (request: unknown, reply: Reply) => unknown;
}

interface Reply {
  header(): Reply;
  send(content: unknown): unknown;
}

/** The package keeps the whole script inside its Fastify plugin: asked for its routes, it names the one that sends it. */
async function scalarScript(): Promise<string> {
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const routes: Route[] = [];
  const recorder = {
    hasPlugin: () => false,
    initialConfig: {},
    route: (route: Route) => routes.push(route),
  };
  const options = { configuration: { url: '/api/v1/openapi.json' } };
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error) => (error ? reject(error) : resolve());
    (plugin as unknown as (fastify: unknown, options: unknown, done: unknown) => void)(
      recorder,
      options,
      done,
    );
  });
  const route = routes.find(({ url }) => url.endsWith('.js'));
  const reply: Reply = { header: () => reply, send: (content) => content };
  const script = route?.handler({}, reply);
  if (typeof script !== 'string' || !script.includes('createApiReference')) {
    throw new Error('@scalar/fastify-api-reference does not send its script as it used to');
  }
  return script;
}
