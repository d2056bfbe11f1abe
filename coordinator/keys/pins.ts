/** Which account goes by which API key: as its session says, also that of an earlier life. */
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import { type Session, sessionSchema } from '../upstream/session-store.ts';

export interface Pins {
  /** The name of the account's key; undefined: it has no session, or one from before keys had names. */
  of(account: string): string | undefined;
  /** Accounts by key, without one of them. */
  count(name: string, except?: string): number;
  /** The session of an account has changed, or is gone. */
  changed(account: string, session: Session | undefined): void;
}

/**
 * Sessions are read here once, because who is pinned to which key has to be known before the first of them is used.
 * @param unnamed the key of sessions without a name
 * @throws GatewayError storage_unavailable
 */
export async function openPins(records: Records, unnamed: string): Promise<Pins> {
  const pins = new Map<string, string>();
  for (const { key: account, value } of await records.load('session')) {
    const session = readJson(sessionSchema, value);
    if (session) pins.set(account, session.key ?? unnamed);
  }
  return {
    of: (account) => pins.get(account),
    count(name, except) {
      let count = 0;
      for (const [account, pinned] of pins) if (pinned === name && account !== except) count++;
      return count;
    },
    changed(account, session) {
      if (session) pins.set(account, session.key ?? unnamed);
      else pins.delete(account);
    },
  };
}

/** With one key there is nothing to know. */
export const noPins: Pins = { of: () => undefined, count: () => 0, changed() {} };
