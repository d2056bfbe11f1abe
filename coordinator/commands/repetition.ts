/**
 * Whether a command is an earlier one again. A client that got no answer repeats what it asked for; without a key
 * that is told by this: it is identical to the LAST command for its target from any account, the hub has not changed
 * in between, and its caller has had no answer yet (docs/coordinator.md). A definite failure is never replayed.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import type { Changes } from '../cache/changes.ts';
import { isSame, type Moment } from '../cache/order.ts';
import type { Command } from '../journal/command.ts';
import type { Journal } from '../journal/journal.ts';
import { type Addressed, scopeOf, targetOf } from './target.ts';

export interface Repetition {
  /** It is the last command for its target now. */
  begin(command: Command): Trace;
  /** The earlier command that this one is again. Ask the journal's `ready` first. */
  find(command: Addressed & { readonly fingerprint: string }): Command | undefined;
  /** No other has come after it in this life. */
  isLast(command: Command): boolean;
  /** Its caller had the answer: an identical command is meant anew. */
  delivered(command: Command): void;
}

/** What is known of a command while it runs. */
export interface Trace {
  /** Its change of the hub is the last one. */
  changed(): void;
  ended(how: 'answered' | 'failed' | 'unknown' | 'unsent'): void;
}

interface Last {
  readonly command: Command;
  /** The change it made; undefined before it was sent. */
  change: Moment | undefined;
  isDelivered: boolean;
  /** Monotonic ms; infinite while it runs. */
  joinableUntil: number;
}

/** Clients repeat a command within seconds; what comes later is meant anew. */
const JOIN_WITHIN_MS = 30_000;
/** Looked through beyond it. */
const MOST_TARGETS = 10_000;

export function createRepetition(journal: Journal, changes: Changes, clock: Clock): Repetition {
  const lastOf = new Map<string, Last>();
  let isRemembered = false;

  /** What an earlier life left without an answer may be repeated by its caller. */
  function remember(): void {
    isRemembered = true;
    const lastOfHub = new Map<string, Command>();
    for (const command of journal.since(clock.now() - JOIN_WITHIN_MS)) {
      lastOfHub.set(command.hub ?? targetOf(command), command);
    }
    for (const command of lastOfHub.values()) {
      if (command.outcome !== 'unknown' || lastOf.has(targetOf(command))) continue;
      // A wall clock that went back must not prolong it.
      const ageMs = Math.max(0, clock.now() - command.createdAt);
      const joinableUntil = clock.monotonic() + JOIN_WITHIN_MS - ageMs;
      const change = changes.lastChange(scopeOf(command));
      lastOf.set(targetOf(command), { command, change, isDelivered: false, joinableUntil });
    }
  }

  function sweep(): void {
    if (lastOf.size <= MOST_TARGETS) return;
    for (const [target, { joinableUntil }] of lastOf) {
      if (joinableUntil <= clock.monotonic()) lastOf.delete(target);
    }
  }

  const hasChangedSince = ({ command, change }: Last) =>
    change !== undefined && !isSame(changes.lastChange(scopeOf(command)), change);

  return {
    begin(command) {
      const target = targetOf(command);
      const joinableUntil = Number.POSITIVE_INFINITY;
      const last: Last = { command, change: undefined, isDelivered: false, joinableUntil };
      lastOf.set(target, last);
      sweep();
      const changed = () => {
        last.change = changes.lastChange(scopeOf(command));
      };
      return {
        changed,
        ended(how) {
          if (how === 'unsent') {
            if (lastOf.get(target) === last) lastOf.delete(target);
            return;
          }
          changed();
          last.joinableUntil = how === 'failed' ? 0 : clock.monotonic() + JOIN_WITHIN_MS;
        },
      };
    },
    find(again) {
      if (!isRemembered) remember();
      const last = lastOf.get(targetOf(again));
      if (last === undefined || last.isDelivered || clock.monotonic() >= last.joinableUntil) return undefined;
      const { account, fingerprint } = last.command;
      if (account !== again.account || fingerprint !== again.fingerprint) return undefined;
      return hasChangedSince(last) ? undefined : last.command;
    },
    isLast(command) {
      const last = lastOf.get(targetOf(command));
      return last === undefined || last.command === command;
    },
    delivered(command) {
      const last = lastOf.get(targetOf(command));
      if (last?.command === command) last.isDelivered = true;
    },
  };
}
