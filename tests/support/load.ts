/** Tenants that ask as fast as they may, and what became of every request. */
import type { Simulator } from '../../simulator/simulator.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

export interface Tenant {
  readonly hubId: string;
  /** A read of something nobody has read before; resolves to the status. */
  read(): Promise<number>;
  /** Bodies of the answers that blame nobody but the gateway. */
  readonly faults: readonly string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Signs in the simulator's extra accounts, as often as the share of logins makes it necessary. */
export async function signInTenants(
  simulator: Simulator,
  count: number,
  gateways: readonly string[],
): Promise<Tenant[]> {
  const accounts = simulator.accounts.filter(({ login }) => login.endsWith('@load.test')).slice(0, count);
  const tenants: Tenant[] = [];
  for (const [index, { login, password }] of accounts.entries()) {
    const gatewayOf = (n: number) => gateways[n % gateways.length] ?? '';
    const body = JSON.stringify({ username: login, password });
    const url = `${gatewayOf(index)}/api/v1/auth/token`;
    let response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body });
    for (let tries = 0; response.status === 429 && tries < 100; tries++) {
      const waitMs = 1_000 * Number(response.headers.get('retry-after') ?? 1);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body });
    }
    if (response.status !== 200) throw new Error(`${login}: ${response.status} ${await response.text()}`);
    const { access_token } = (await response.json()) as { access_token: string };
    const headers = { ...JSON_TYPE, authorization: `Bearer ${access_token}` };
    let requests = index;
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${gatewayOf(requests++)}/api/v1${path}`, { ...init, headers: { ...headers, ...init.headers } });
    const [hub] = (await (await ask('/ajax/hubs')).json()) as { id: string }[];
    const hubId = hub?.id ?? '';
    let reads = 0;
    const faults: string[] = [];
    tenants.push({
      hubId,
      faults,
      fetch: ask,
      async read() {
        const device = `${index.toString(16).padStart(2, '0')}${(reads++).toString(16).padStart(6, '0')}`;
        const answer = await ask(`/ajax/hubs/${hubId}/devices/${device}`);
        const body = await answer.text();
        if (answer.status >= 500) faults.push(body);
        return answer.status;
      },
    });
  }
  return tenants;
}

export interface Load {
  /** Answers by status, of everybody; 0 for a request that got none. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly asked: number;
}

export interface Demand {
  readonly tenant: Tenant;
  /** Reads it keeps asking for at once. */
  readonly concurrency: number;
  /** What a refused reader waits, whatever it was told. Default 250. */
  readonly backoffMs?: number;
}

/** Everybody asks without a pause, for so long. */
export async function saturate(demands: readonly Demand[], forMs: number): Promise<Load> {
  const end = performance.now() + forMs;
  const statuses = new Map<number, number>();
  let asked = 0;
  async function worker({ tenant, backoffMs = 250 }: Demand): Promise<void> {
    while (performance.now() < end) {
      asked++;
      const status = await tenant.read().catch(() => 0);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 429) await new Promise((resolve) => setTimeout(resolve, backoffMs));
    }
  }
  await Promise.all(
    demands.flatMap((demand) => Array.from({ length: demand.concurrency }, () => worker(demand))),
  );
  return { statuses, asked };
}
