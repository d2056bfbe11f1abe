/**
 * Whether Ajax takes an API key. It uses the same words for a bad key and for a bad token, so one refusal is a doubt; it
 * is the key when the key was not accepted for a long time, or when two different accounts are refused with nothing
 * accepted in between. A key that is refused is taken out: nothing is sent on it but one trial a minute, so that it comes
 * back by itself (docs/adr/0020-several-api-keys.md).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';

/** `doubted`: one refusal that nothing has contradicted yet; new accounts go elsewhere. */
export type KeyState = 'ok' | 'doubted' | 'failing';

/** What a request does: a login or a refresh tells for certain whether the key is accepted, a call may fail by its token. */
export type Errand = 'session' | 'call';

/** A request that finds out whether a failing key is accepted again. */
export interface Trial {
  wrote(): void;
  /** Ajax answered, and that alone says nothing about the key. */
  answered(status: number): void;
  leave(): void;
}

export interface Standing {
  state(): KeyState;
  /** Whether `enter` would let it pass. */
  isOpen(errand: Errand): boolean;
  /**
   * Before a request waits for its token. Of a failing key it is a trial.
   * @throws GatewayError operator_key_invalid while it is failing and no trial is due
   */
  enter(errand: Errand): Trial | undefined;
  /** An answer that only an accepted key gets. */
  accepted(): void;
  /** An answer blames the key. @param source the account, or the key of an e-mail, that was refused */
  refused(source: string): void;
  /** Ajax accepted it not long ago. */
  isProven(): boolean;
}

export interface StandingOptions {
  readonly clock: Clock;
  /** What waits must not wait any longer. */
  readonly onFail: (error: GatewayError) => void;
  readonly onRecover: () => void;
}

const PROVEN_MS = 15 * 60_000;
const TRIAL_EVERY_MS = 60_000;
const DOUBTED_MS = 60_000;
const SOURCES = 2;

export const keyRefused = () => new GatewayError('operator_key_invalid');

export function createStanding({ clock, onFail, onRecover }: StandingOptions): Standing {
  /** Monotonic ms; undefined: not in this life. */
  let acceptedAt: number | undefined;
  let doubtedUntil = Number.NEGATIVE_INFINITY;
  /** Who was refused since it was accepted last. */
  const refused = new Set<string>();
  let isFailing = false;
  /** Monotonic ms from which the next trial is due. */
  const dueAt: Record<Errand, number> = { session: 0, call: 0 };

  const isProven = () => acceptedAt !== undefined && clock.monotonic() - acceptedAt < PROVEN_MS;
  const isOpen = (errand: Errand) => !isFailing || clock.monotonic() >= dueAt[errand];

  function postpone(): void {
    dueAt.session = dueAt.call = clock.monotonic() + TRIAL_EVERY_MS;
  }

  function beginTrial(errand: Errand): Trial {
    const before = { ...dueAt };
    let wasWritten = false;
    postpone();
    return {
      wrote() {
        wasWritten = true;
      },
      answered(status) {
        // Its token may be at fault: the refresh that follows will tell.
        if (isFailing && errand === 'call' && status === 401) dueAt.session = clock.monotonic();
      },
      leave() {
        if (isFailing && !wasWritten) Object.assign(dueAt, before);
      },
    };
  }

  return {
    isProven,
    isOpen,
    state() {
      if (isFailing) return 'failing';
      return clock.monotonic() < doubtedUntil ? 'doubted' : 'ok';
    },
    enter(errand) {
      if (!isFailing) return undefined;
      if (!isOpen(errand)) throw keyRefused();
      return beginTrial(errand);
    },
    accepted() {
      acceptedAt = clock.monotonic();
      doubtedUntil = Number.NEGATIVE_INFINITY;
      refused.clear();
      if (!isFailing) return;
      isFailing = false;
      onRecover();
    },
    refused(source) {
      refused.add(source);
      doubtedUntil = clock.monotonic() + DOUBTED_MS;
      if (isFailing) return postpone();
      if (isProven() && refused.size < SOURCES) return;
      isFailing = true;
      refused.clear();
      postpone();
      onFail(keyRefused());
    },
  };
}
