/** Signing in: by the key with the most room, and by the next one when Ajax refuses that key. */
import type { Clock } from '../src/kernel/clock.ts';
import { GatewayError } from '../src/kernel/errors.ts';
import { type RequestContext, startBy, withHold } from './call.ts';
import type { LoginAnswer, LoginRequest } from './contract/messages.ts';
import type { Key } from './keys/key.ts';
import type { Keys } from './keys/keys.ts';
import type { Records } from './storage/records.ts';
import type { SessionContext, Sessions, Who } from './upstream/sessions.ts';

export interface LoginOptions {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly records: Records;
  readonly clock: Clock;
}

/** Errors as the contract's client lists them. */
export type Login = (credentials: LoginRequest, context: RequestContext) => Promise<LoginAnswer>;

export function createLogin({ keys, sessions, records, clock }: LoginOptions): Login {
  /** Counted among the logins of its address on that key. */
  async function loginOn(
    key: Key,
    { address, ...credentials }: LoginRequest,
    who: Who,
    context: SessionContext,
  ): Promise<LoginAnswer> {
    const visit = key.loginShare.enter(address);
    let wasSent = false;
    try {
      return await sessions.login(credentials, who, key, {
        ...context,
        onWrite() {
          wasSent = true;
          context.onWrite();
        },
      });
    } finally {
      visit.leave(wasSent);
    }
  }

  return async (credentials, context) => {
    const deadlineAt = startBy(clock, context);
    await records.hold();
    return withHold(clock, context, async ({ signal, wrote }) => {
      // Known before a key is chosen, so that of many at once each counts in the load that the next one sees.
      const who = await sessions.identify(credentials.login);
      const refusedBy = new Set<Key>();
      for (;;) {
        const key = keys.forLogin(who.account, refusedBy);
        try {
          const { correlationId } = context;
          return await loginOn(key, credentials, who, { correlationId, deadlineAt, signal, onWrite: wrote });
        } catch (error) {
          const isRefused = error instanceof GatewayError && error.code === 'operator_key_invalid';
          if (!isRefused) throw error;
          refusedBy.add(key);
        }
      }
    });
  };
}
