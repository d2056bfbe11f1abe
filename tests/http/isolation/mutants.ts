/** Ways to lose the isolation, put between gateway and coordinator: the property must notice each. */
import type { CoordinatorFetch } from '../../../coordinator/contract/client.ts';
import type { Between } from './rig.ts';

const ACCOUNT = /^\/v1\/accounts\/([^/]+)/;
const isRead = ({ method, url }: Request) => method === 'GET' && new URL(url).pathname.includes('/ajax');
/** What is asked, but not for whom. */
const question = (request: Request) => {
  const { pathname, search } = new URL(request.url);
  return `${request.method} ${pathname.replace(ACCOUNT, '')}${search}`;
};

function forAccount(request: Request, account: string): Request {
  const url = new URL(request.url);
  url.pathname = url.pathname.replace(ACCOUNT, `/v1/accounts/${account}`);
  return new Request(url, request);
}

/** Whatever has an id belongs to whoever asks: the id is looked up for the account that first had it. */
const unscoped =
  (collection: 'commands' | 'jobs', idOf: (request: Request) => string | undefined): Between =>
  (next) => {
    const owners = new Map<string, string>();
    return (request) => {
      const { pathname } = new URL(request.url);
      const [, account = ''] = ACCOUNT.exec(pathname) ?? [];
      const made = idOf(request);
      if (made !== undefined && !owners.has(made)) owners.set(made, account);
      const [, asked = ''] = new RegExp(`/${collection}/([^/]+)$`).exec(pathname) ?? [];
      return next(forAccount(request, owners.get(asked) ?? account));
    };
  };

const remembering =
  (
    applies: (request: Request) => string | undefined,
    isKept: (response: Response) => boolean | Promise<boolean>,
  ): Between =>
  (next) => {
    const kept = new Map<string, Response>();
    return async (request) => {
      const key = applies(request);
      if (key === undefined) return next(request);
      const known = kept.get(key);
      if (known) return known.clone();
      const response = await next(request);
      if (await isKept(response.clone())) kept.set(key, response.clone());
      return response;
    };
  };

const coalescing: Between = (next) => {
  const flights = new Map<string, Promise<Response>>();
  return async (request) => {
    if (!isRead(request)) return next(request);
    const key = question(request);
    const flight = flights.get(key) ?? next(request).finally(() => flights.delete(key));
    flights.set(key, flight);
    return (await flight).clone();
  };
};

/** Once in a while somebody's read is asked as the one who asked before. */
const swapping = (next: CoordinatorFetch): CoordinatorFetch => {
  let previous: string | undefined;
  let reads = 0;
  return (request) => {
    if (!isRead(request)) return next(request);
    const [, account = ''] = ACCOUNT.exec(new URL(request.url).pathname) ?? [];
    const asked = ++reads % 5 === 0 && previous !== undefined ? forAccount(request, previous) : request;
    previous = account;
    return next(asked);
  };
};

const staleErrors: Between = (next) => {
  let last: string | undefined;
  return async (request) => {
    const response = await next(request);
    if (response.status < 400 || !isRead(request)) return response;
    const body = last ?? (await response.clone().text());
    last = await response.text();
    return new Response(body, response);
  };
};

export const mutants: Readonly<Record<string, Between>> = {
  'the cache is shared by accounts': remembering(
    (request) => (isRead(request) ? question(request) : undefined),
    ({ status }) => status === 200,
  ),
  'reads of different accounts are coalesced': coalescing,
  'receipts are not scoped': unscoped(
    'commands',
    (request) => request.headers.get('coordinator-command-id') ?? undefined,
  ),
  'jobs are not scoped': unscoped('jobs', (request) => request.headers.get('coordinator-job')?.split(' ')[0]),
  'the list of commands is not scoped': remembering(
    (request) => (/commands\?/.test(request.url) ? question(request) : undefined),
    async (response) => (await response.text()) !== '[]',
  ),
  'idempotency keys are shared by accounts': remembering(
    (request) => request.headers.get('idempotency-key') ?? undefined,
    ({ status }) => status < 300,
  ),
  'accounts are mixed up now and then': swapping,
  'the words of an error are those of an earlier one': staleErrors,
  'what was fetched before a change is served after it': remembering(
    (request) =>
      isRead(request) && /\/hubs\/[^/]+/.test(request.url) ? new URL(request.url).pathname : undefined,
    ({ status }) => status === 200,
  ),
};
