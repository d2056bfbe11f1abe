/** Upstream sessions: in memory for use, sealed in storage for the next life (promise P9). */
import { z } from 'zod';
import type { Clock } from '../../src/kernel/clock.ts';
import type { SignIn } from '../contract/messages.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import { createChains } from './chains.ts';

const sessionSchema = z.object({
  /** Ajax user id in lower case: the key. */
  account: z.string(),
  /** The same id as Ajax wrote it, for paths. */
  userId: z.string(),
  sessionToken: z.string(),
  refreshToken: z.string(),
  /** Epoch milliseconds. */
  issuedAt: z.number(),
  /** When its account last signed in, epoch milliseconds: a refresh does not change it. */
  signedInAt: z.number().default(0),
  /** Of that sign-in (session-mark.ts). Sessions of earlier versions have none. */
  mark: z.string().default(''),
  loginKey: z.string(),
});
/** Immutable: a renewed session is another object, and identity tells them apart. */
export type Session = Readonly<z.infer<typeof sessionSchema>>;

/** All may throw GatewayError storage_unavailable. */
export interface SessionStore {
  /** The newest in memory. */
  current(account: string): Session | undefined;
  /** The newest in memory, unless it is not in storage yet: a crash must not lose the only copy of a used token. */
  usable(account: string): Session | undefined;
  /** From memory or storage; saved to storage first if that failed before. */
  load(account: string): Promise<Session | undefined>;
  /** In storage first, then in memory; in memory even when the storage fails, for another try at the next use. */
  save(session: Session): Promise<void>;
  /** Saves `session` in the place of `old`; false when another one, or none, has taken that place already. */
  replace(old: Session, session: Session): Promise<boolean>;
  /** Unless the account signed in later than that; false then. */
  remove(account: string, unlessLaterThan?: SignIn): Promise<boolean>;
  findAccount(loginKey: string): Promise<string | undefined>;
  count(): Promise<number>;
}

function isLater({ mark, signedInAt }: Session, than: SignIn): boolean {
  return 'mark' in than ? mark > than.mark : signedInAt > than.at;
}

/** The longest life of a refresh token: a year with two-factor sign-in, and some days. */
const KEPT_MS = 370 * 24 * 60 * 60_000;

export function createSessionStore(records: Records, clock: Clock): SessionStore {
  const sessions = new Map<string, Session>();
  const unsaved = new Set<Session>();
  /** One write per account at a time: a sign-out that overtook the write of a session would be undone by it. */
  const writes = createChains();
  const attempts = new Map<Session, Promise<void>>();
  /** Counts changes, so that a load that was overtaken by one is not believed. */
  let changes = 0;

  function set(account: string, session: Session | undefined): void {
    changes++;
    const previous = sessions.get(account);
    if (previous) unsaved.delete(previous);
    if (session) sessions.set(account, session);
    else sessions.delete(account);
  }

  function put(session: Session): void {
    const { account, loginKey } = session;
    const untilAt = clock.monotonic() + KEPT_MS;
    records.put({ kind: 'session', key: account, value: JSON.stringify(session), untilAt });
    records.put({ kind: 'login', key: loginKey, value: account, untilAt });
  }

  async function persist(session: Session): Promise<void> {
    put(session);
    await records.committed();
    unsaved.delete(session);
  }

  async function read(account: string): Promise<Session | undefined> {
    for (;;) {
      const before = changes;
      const stored = await records.get('session', account);
      const known = sessions.get(account);
      if (known) return known;
      if (before !== changes) continue;
      const session = stored === undefined ? undefined : readJson(sessionSchema, stored);
      if (session) {
        sessions.set(account, session);
        // This life knows it from now on, and could give it back to a storage that lost it.
        put(session);
      }
      return session;
    }
  }

  async function saveNow(session: Session): Promise<void> {
    unsaved.add(session);
    try {
      await persist(session);
    } finally {
      set(session.account, session);
    }
  }

  /** Waits for what could not be saved before, unless it has been replaced meanwhile; once for all who ask. */
  function saveAgain(session: Session): Promise<void> {
    const known = attempts.get(session);
    if (known) return known;
    const attempt = writes
      .run(session.account, async () => {
        if (unsaved.has(session)) await persist(session);
      })
      .finally(() => attempts.delete(session));
    attempts.set(session, attempt);
    return attempt;
  }

  return {
    current: (account) => sessions.get(account),
    usable(account) {
      const session = sessions.get(account);
      return session && !unsaved.has(session) ? session : undefined;
    },
    async load(account) {
      const session = sessions.get(account) ?? (await read(account));
      if (session === undefined || !unsaved.has(session)) return session;
      await saveAgain(session);
      return sessions.get(account);
    },
    save: (session) => writes.run(session.account, () => saveNow(session)),
    replace: (old, session) =>
      writes.run(session.account, async () => {
        if (sessions.get(session.account) !== old) return false;
        await saveNow(session);
        return true;
      }),
    remove: (account, unlessLaterThan) =>
      writes.run(account, async () => {
        if (unlessLaterThan !== undefined) {
          const session = sessions.get(account) ?? (await read(account));
          if (session !== undefined && isLater(session, unlessLaterThan)) return false;
        }
        records.delete({ kind: 'session', key: account });
        await records.committed();
        set(account, undefined);
        return true;
      }),
    findAccount: (loginKey) => records.get('login', loginKey),
    count: () => records.count('session'),
  };
}
