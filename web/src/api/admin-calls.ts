import { answerOf, inEnglish, type Reading, type ReadOptions, read } from './answer.ts';
import { createClient } from './client.ts';
import type { SessionFetch } from './session-fetch.ts';
import type {
  CoordinatorStatus,
  DeadLetter,
  Grant,
  ManualGrant,
  Notification,
  SupportRequest,
  UpstreamState,
  UpstreamSwitch,
  User,
  Voucher,
} from './types.ts';

export interface Listed<T> {
  readonly entries: readonly T[];
  /** For the next page; null: there is none. */
  readonly nextBeforeId: string | null;
}

export interface VoucherOrder {
  readonly plan: 'basic' | 'pro' | 'premium';
  readonly duration_days: number;
  readonly count: number;
  readonly uses: number;
  readonly expires_at?: string;
  readonly batch?: string;
  readonly note?: string;
}

interface PageOptions extends Pick<ReadOptions, 'signal'> {
  readonly beforeId?: string | undefined;
}

/** For administrators. */
export interface AdminCalls {
  /** Goes with every call from now on. Kept in memory only. */
  useSecret(secret: string | undefined): void;
  users(options: PageOptions & { readonly search?: string }): Promise<Listed<User>>;
  giveGrant(userId: string, grant: ManualGrant): Promise<Grant>;
  endGrant(userId: string, grantId: string, reason: string): Promise<Grant>;
  vouchers(options: PageOptions & { readonly batch?: string }): Promise<Listed<Voucher>>;
  makeVouchers(order: VoucherOrder): Promise<readonly Voucher[]>;
  exportVouchers(batch: string | undefined): Promise<Blob>;
  revokeVoucher(id: string): Promise<Voucher>;
  supportRequests(options: PageOptions & { readonly state: 'open' | 'all' }): Promise<Listed<SupportRequest>>;
  markSupportRequest(id: string, done: boolean): Promise<SupportRequest>;
  alerts(options: PageOptions): Promise<Listed<Notification>>;
  deadLetters(options?: ReadOptions): Promise<Reading<readonly DeadLetter[]>>;
  retryDeadLetter(id: string): Promise<DeadLetter>;
  deleteDeadLetter(id: string): Promise<DeadLetter>;
  coordinator(options?: ReadOptions): Promise<Reading<CoordinatorStatus>>;
  switchUpstream(to: UpstreamSwitch): Promise<UpstreamState>;
}

const PAGE_SIZE = '20';
const MOST_DEAD_LETTERS = '100';

export function createAdminCalls(fetch: SessionFetch): AdminCalls {
  let secret: string | undefined;
  const withSecret: SessionFetch = (path, init = {}) => {
    if (secret === undefined) return fetch(path, init);
    const headers = new Headers(init.headers);
    headers.set('x-admin-secret', secret);
    return fetch(path, { ...init, headers });
  };
  const { admin, billing } = createClient(withSecret);
  const user = admin.users[':user_id'];
  const pageOf = ({ beforeId }: PageOptions) => ({
    limit: PAGE_SIZE,
    ...(beforeId && { before_id: beforeId }),
  });

  return {
    useSecret: (next) => {
      secret = next;
    },
    users: async ({ search, ...page }) => {
      const query = { ...pageOf(page), ...(search && { search }) };
      const { users, next_before_id } = await answerOf(admin.users.$get({ query }, inEnglish(page)));
      return { entries: users, nextBeforeId: next_before_id };
    },
    giveGrant: (userId, json) => answerOf(user.grants.$post({ param: { user_id: userId }, json })),
    endGrant: (userId, grantId, reason) =>
      answerOf(
        user.grants[':grant_id'].end.$post({
          param: { user_id: userId, grant_id: grantId },
          json: { reason },
        }),
      ),
    vouchers: async ({ batch, ...page }) => {
      const query = { ...pageOf(page), ...(batch && { batch }) };
      const { vouchers, next_before_id } = await answerOf(admin.vouchers.$get({ query }, inEnglish(page)));
      return { entries: vouchers, nextBeforeId: next_before_id };
    },
    makeVouchers: (order) =>
      answerOf(
        billing.generate.$post(
          {},
          { headers: { 'content-type': 'application/json' }, init: { body: JSON.stringify(order) } },
        ),
      ),
    exportVouchers: async (batch) =>
      (await admin.vouchers.export.$get({ query: batch ? { batch } : {} })).blob(),
    revokeVoucher: (id) => answerOf(admin.vouchers[':voucher_id'].$delete({ param: { voucher_id: id } })),
    supportRequests: async ({ state, beforeId, ...options }) => {
      const query = { limit: PAGE_SIZE, state, ...(beforeId && { before: beforeId }) };
      return listed(await answerOf(admin.support.$get({ query }, inEnglish(options))));
    },
    markSupportRequest: (id, done) =>
      answerOf(admin.support[':id'].$patch({ param: { id }, json: { done } })),
    alerts: async ({ beforeId, ...options }) => {
      const query = { limit: PAGE_SIZE, ...(beforeId && { before: beforeId }) };
      return listed(await answerOf(admin.alerts.$get({ query }, inEnglish(options))));
    },
    deadLetters: (options) =>
      read(admin['dead-letters'].$get({ query: { limit: MOST_DEAD_LETTERS } }, inEnglish(options))),
    retryDeadLetter: (id) => answerOf(admin['dead-letters'][':id'].retry.$post({ param: { id } })),
    deleteDeadLetter: (id) => answerOf(admin['dead-letters'][':id'].$delete({ param: { id } })),
    coordinator: (options) => read(admin.coordinator.$get({}, inEnglish(options))),
    switchUpstream: (json) => answerOf(admin.upstream.$put({ json })),
  };
}

/** A full page may be the last one; the next one then has nothing. */
function listed<T extends { readonly id: string }>(entries: readonly T[]): Listed<T> {
  const isLast = entries.length < Number(PAGE_SIZE);
  return { entries, nextBeforeId: isLast ? null : (entries.at(-1)?.id ?? null) };
}
