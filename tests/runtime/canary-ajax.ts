/** Ajax for the canary test: the simulator, with secrets of its own, that tells on demand everything it was sent. */
import { passwordHashOf, type Simulator } from '../../simulator/simulator.ts';
import { type Listener, listen } from '../../src/serve.ts';
import type { Canary } from '../support/canary.ts';

export interface IndiscreetAjax {
  readonly url: string;
  /** What Ajax has handed out or holds, and what it was told. */
  canaries(): readonly Canary[];
  /** Until `discreet`, every answer to a path that contains `path` is of this kind and repeats what came with the request. */
  indiscreet(path: string, answer: Indiscretion): void;
  discreet(): void;
  close(): Promise<void>;
}

export interface Indiscretion {
  readonly status: number;
  /** The words in the fields of an error, in a body of another shape, or in one that is no JSON. */
  readonly as: 'error' | 'data' | 'text';
}

/** What the simulator says, and what stands in its place: nothing else in the world is called that. */
const PRIVATE = {
  'Linden Street 12': 'Canary-Street 12 (Größe)',
  'Front door': 'Canary-Door/front',
  'Living room': 'Canary-Salon & more',
} as const;
const SECRET = {
  'demo-wifi-password': 'canary"wifi"pässword',
  'demo-stream-password': 'canary-stream-password-77',
} as const;

/** @param passwords of the simulator's accounts, by login: the simulator's own are too plain to be searched for */
export async function startIndiscreetAjax(
  simulator: Simulator,
  passwords: ReadonlyMap<string, string>,
): Promise<IndiscreetAjax> {
  const handedOut = new Map<string, string>();
  let mode: (Indiscretion & { readonly path: string }) | undefined;
  const ownHashes = new Map<string, string>();
  for (const { login, password } of simulator.accounts) {
    const chosen = passwords.get(login);
    if (chosen !== undefined) ownHashes.set(await passwordHashOf(chosen), await passwordHashOf(password));
  }

  /** With the password the simulator knows. */
  async function translate(request: Request): Promise<Request> {
    if (!request.url.endsWith('/login')) return request;
    const text = await request.text();
    const hash = /"passwordHash":"([^"]+)"/.exec(text)?.[1] ?? '';
    return new Request(request.url, {
      method: request.method,
      headers: request.headers,
      body: text.replace(hash, ownHashes.get(hash) ?? hash),
    });
  }

  async function renamed(response: Response): Promise<Response> {
    const text = await response.text();
    const said = Object.entries({ ...PRIVATE, ...SECRET }).reduce(
      (words, [plain, canary]) => words.replaceAll(plain, JSON.stringify(canary).slice(1, -1)),
      text,
    );
    for (const [, name = '', token = ''] of said.matchAll(/"(sessionToken|refreshToken)":"([^"]+)"/g))
      handedOut.set(token, `a ${name} of Ajax`);
    return new Response(response.status === 204 ? null : said, response);
  }

  async function repeat(request: Request, { status, as }: Indiscretion): Promise<Response> {
    const words = `${JSON.stringify([...request.headers])} ${request.url} ${await request.text()}`;
    if (as === 'text') return new Response(`<html>${words}</html>`, { status });
    const body = {
      message: `Not with ${words}`,
      messageId: words,
      errors: [{ resource: words, field: words, code: words, message: words }],
      rejectionReasons: [{ sourceType: words, sourceId: words, code: words }],
    };
    return Response.json(as === 'error' ? body : [{ id: words, hubId: words, name: words, ...body }], {
      status,
    });
  }

  const listener: Listener = await listen(
    async (request) => {
      if (mode !== undefined && request.url.includes(mode.path)) return repeat(request, mode);
      return renamed(await simulator.fetch(await translate(request)));
    },
    { hostname: '127.0.0.1', port: 0 },
  );
  return {
    url: `http://127.0.0.1:${listener.port}/api/`,
    canaries: () => [
      ...[...handedOut].map(([value, name]) => ({ name, value, kind: 'secret' as const })),
      ...Object.values(SECRET).map((value) => ({ name: value, value, kind: 'secret' as const })),
      ...Object.values(PRIVATE).map((value) => ({ name: value, value, kind: 'private' as const })),
    ],
    indiscreet(path, answer) {
      mode = { path, ...answer };
    },
    discreet() {
      mode = undefined;
    },
    close: () => listener.close(),
  };
}
