/** What a gateway asks the coordinator for its callers, told to the judge word by word. */
import type { CoordinatorClient } from '../../../coordinator/contract/client.ts';
import type { Call, CommandCall, Judge, Told } from '../model/judge.ts';
import type { Member } from '../world/ajax.ts';
import type { Chance } from '../world/chance.ts';

export interface Tenant extends Member {
  readonly weight: number;
}

export interface ReadWish {
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly isNoCache?: boolean;
  /** The caller leaves after so long. */
  readonly leavesAfterMs?: number | undefined;
  readonly keptMs?: Call['keptMs'];
  readonly unique?: string;
  /** Id of the job that collects the answer. */
  readonly job?: string;
  readonly heldMs?: number;
}

export interface CommandWish {
  readonly name: string;
  readonly path: readonly string[];
  readonly target: string;
  readonly word: string;
  readonly key?: string | undefined;
}

export interface Requests {
  login(tenant: Tenant): Promise<Told>;
  /** Resolves to `waiting` when a job has no answer yet. */
  read(tenant: Tenant, wish: ReadWish): Promise<Told | 'waiting'>;
  command(
    tenant: Tenant,
    wish: CommandWish,
    how: { readonly isAsync?: boolean; readonly leavesAfterMs?: number | undefined },
  ): Promise<{ readonly told: Told; readonly id: string }>;
  receipt(tenant: Tenant, wish: CommandWish, id: string): Promise<Told>;
  cancel(tenant: Tenant, wish: CommandWish, id: string): Promise<Told>;
}

export interface RequestsOptions {
  readonly client: CoordinatorClient;
  readonly judge: Judge;
  readonly chance: Chance;
  readonly now: () => number;
  readonly after: (ms: number, event: () => void) => () => void;
  readonly isWaiting: (error: unknown) => boolean;
}

interface Refusal {
  readonly code?: string;
  readonly extras?: { readonly members?: { readonly command_id?: string } };
}

export function createRequests(options: RequestsOptions): Requests {
  const { client, judge, chance, now, after, isWaiting } = options;
  let numbers = 0;
  let ids = 0;

  /** A UUID that says which one it is. */
  const newId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`;
  const addressOf = (tenant: Tenant) => `10.0.0.${tenant.login.length}`;

  function begin(call: Omit<Call, 'number' | 'submittedAt'>): Call {
    const begun = { ...call, number: ++numbers, submittedAt: now() };
    judge.submitted(begun);
    return begun;
  }

  /** Asks, and tells the judge what came of it. */
  async function ask(
    call: Call,
    leavesAfterMs: number | undefined,
    work: (context: { correlationId: string; signal: AbortSignal; heldMs: number }) => Promise<Told>,
  ): Promise<Told | 'waiting'> {
    const leaving = new AbortController();
    let hasLeft = false;
    let cancelLeaving = () => {};
    if (leavesAfterMs !== undefined) {
      cancelLeaving = after(leavesAfterMs, () => {
        hasLeft = true;
        judge.told(call, { kind: 'left' });
        leaving.abort();
      });
    }
    let told: Told;
    try {
      const { heldMs, number } = call;
      told = await work({ correlationId: `call-${number}`, signal: leaving.signal, heldMs });
    } catch (error) {
      if (isWaiting(error)) {
        cancelLeaving();
        if (!hasLeft) judge.told(call, { kind: 'done' });
        return 'waiting';
      }
      const { code, extras } = error as Refusal;
      told = {
        kind: 'refused',
        code: code ?? String(error),
        id: extras?.members?.command_id,
      };
    }
    cancelLeaving();
    if (hasLeft) return { kind: 'left' };
    judge.told(call, told);
    return told;
  }

  const plain = (call: Call, work: Parameters<typeof ask>[2]) => ask(call, undefined, work) as Promise<Told>;

  return {
    login(tenant) {
      const { account } = tenant;
      const call = begin({ kind: 'login', account, hub: undefined, heldMs: 0 });
      return plain(call, async (context) => {
        const credentials = { login: tenant.login, passwordHash: 'a'.repeat(64), address: addressOf(tenant) };
        await client.login(credentials, context);
        return { kind: 'done' };
      });
    },
    read(tenant, wish) {
      const { path, query, isNoCache = false, keptMs, unique, job, heldMs = 0, leavesAfterMs } = wish;
      const call = begin({
        ...{ kind: job === undefined ? ('read' as const) : ('job' as const), account: tenant.account },
        ...{ hub: path[1], heldMs, isNoCache },
        ...(keptMs === undefined ? {} : { keptMs }),
        ...(unique === undefined ? {} : { unique }),
      });
      return ask(call, leavesAfterMs, async (context) => {
        const { status, body, cache } = await client.read({
          ...{ account: tenant.account, path, lane: 'interactive', weight: tenant.weight },
          ...(query === undefined ? {} : { query }),
          ...(isNoCache ? { noCache: true } : {}),
          ...(job === undefined ? {} : { job: { id: job, request: { path: `/api/v1/${path.join('/')}` } } }),
          ...context,
        });
        return { kind: 'read', status, body, cache: cache?.state };
      });
    },
    async command(tenant, wish, { isAsync = false, leavesAfterMs }) {
      const id = newId();
      const { account, weight } = tenant;
      const { name, path, target, word, key } = wish;
      const command: CommandCall = { id, wish: name, target, isKeyed: key !== undefined, isAsync };
      const heldMs = chance.happens(0.1) ? chance.between(0, 5_000) : 0;
      const hub = path[0] === 'hubs' ? path[1] : undefined;
      const call = begin({ kind: 'command', account, hub, heldMs, command });
      const told = await ask(call, leavesAfterMs, async (context) => {
        const result = await client.command({
          ...{ account, weight, path, method: 'PUT', lane: 'command', commandId: id },
          body: { command: word, ignoreProblems: true, wish: name },
          ...(key === undefined ? {} : { idempotencyKey: key }),
          ...(isAsync ? { respondAsync: true } : {}),
          ...context,
        });
        const isReplayed = result.replayed;
        return result.kind === 'answered'
          ? { kind: 'answered', status: result.answer.status, id: result.commandId, isReplayed }
          : { kind: 'accepted', outcome: result.receipt.outcome, id: result.receipt.id, isReplayed };
      });
      return { told: told as Told, id: 'id' in (told as Told) ? ((told as { id?: string }).id ?? id) : id };
    },
    receipt: (tenant, wish, id) => look(tenant, wish, id, 'receipt'),
    cancel: (tenant, wish, id) => look(tenant, wish, id, 'cancelCommand'),
  };

  function look(tenant: Tenant, wish: CommandWish, id: string, how: 'receipt' | 'cancelCommand') {
    const { account } = tenant;
    const { name, target, key, path } = wish;
    const command: CommandCall = { id, wish: name, target, isKeyed: key !== undefined, isAsync: false };
    const call = begin({ kind: 'receipt', account, hub: path[1], heldMs: 0, command });
    return plain(call, async (context) => {
      const { outcome, status } = await client[how](account, id, context);
      return { kind: 'receipt', id, outcome, status };
    });
  }
}
