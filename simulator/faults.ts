/** Faults on purpose: rules that change how matching requests are answered. */
import { matchesPath } from './journal.ts';

export interface FaultMatch {
  readonly method?: string;
  /** A string must be contained in the path (which starts with `/api`). */
  readonly path?: string | RegExp;
  /** Login of the account, from the session or from the body of `/login`. */
  readonly account?: string;
}

export type FaultOutcome =
  /** Answered with this instead. An object is sent as JSON, a string as it is. */
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Answered in the usual way, but later. */
  | { readonly delayMs: number }
  /** Never answered; ends when the client gives up or the rules are cleared. */
  | 'hang'
  /** `fetch` rejects; behind `breakConnections` the connection breaks. */
  | 'network-error'
  /** Status 200, then the connection breaks in the middle of the body. */
  | 'broken-body';

export interface FaultRule {
  readonly match: FaultMatch;
  /** How many requests it applies to. Default: all until cleared. */
  readonly times?: number;
  /** How many matching requests pass unharmed first. Default 0. */
  readonly after?: number;
  /**
   * Whether the request takes effect although its answer is spoilt: a command that was executed and whose caller
   * cannot know it. Default false; a delayed request always takes effect, with `true` before the delay.
   */
  readonly executes?: boolean;
  readonly outcome: FaultOutcome;
}

export interface Faults {
  /** Adds a rule; earlier rules win. */
  push(rule: FaultRule): void;
  /** Rules still in force. */
  rules(): readonly FaultRule[];
  /** Removes all rules and lets hanging requests go (they reject). */
  clear(): void;
}

/** What the simulator itself uses to apply the rules. */
export interface FaultSource {
  /** The rule for this request, counted as used. */
  take(request: { method: string; path: string; account: string | undefined }): FaultRule | undefined;
  /** Rejects when the rules are cleared. */
  readonly cleared: () => Promise<never>;
}

interface ActiveRule {
  readonly rule: FaultRule;
  toSkip: number;
  left: number;
}

export function createFaults(): Faults & FaultSource {
  let active: ActiveRule[] = [];
  const hanging = new Set<(reason: Error) => void>();

  return {
    push(rule) {
      active.push({ rule, toSkip: rule.after ?? 0, left: rule.times ?? Number.POSITIVE_INFINITY });
    },
    rules: () => active.map(({ rule }) => rule),
    clear() {
      active = [];
      for (const release of hanging) release(new TypeError('Connection closed: faults cleared'));
      hanging.clear();
    },
    take(request) {
      const found = active.find(({ rule: { match } }) => matches(match, request));
      if (!found) return undefined;
      if (found.toSkip > 0) {
        found.toSkip--;
        return undefined;
      }
      found.left--;
      if (found.left <= 0) active = active.filter((candidate) => candidate !== found);
      return found.rule;
    },
    cleared: () => new Promise((_, reject) => hanging.add(reject)),
  };
}

function matches(
  match: FaultMatch,
  request: { method: string; path: string; account: string | undefined },
): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === request.method) &&
    (match.path === undefined || matchesPath(request.path, match.path)) &&
    (match.account === undefined || match.account === request.account)
  );
}
