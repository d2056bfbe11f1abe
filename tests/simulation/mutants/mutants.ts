/**
 * The product with one mistake each: mistakes that were made somewhere, or nearly were here. The judge must find each.
 * A change is exact text of a module, once in it, and what stands there instead.
 */
export interface Mutant {
  readonly name: string;
  /** The promises of which one is broken first. */
  readonly breaks: readonly string[];
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const BUDGET = 'coordinator/budget/budget.ts';
const EXCHANGE = 'coordinator/upstream/exchange.ts';
const QUEUE = 'coordinator/queue/queue.ts';
const READS = 'coordinator/cache/reads.ts';
const REPETITION = 'coordinator/commands/repetition.ts';
const JOURNAL = 'coordinator/journal/journal.ts';

const SETTLED = `settle() {
          const until = laterBy(bounds.returnAfterMs);`;

export const mutants: readonly Mutant[] = [
  {
    name: 'a token comes back W after the sending',
    breaks: ['P1'],
    changes: [
      {
        file: BUDGET,
        from: SETTLED,
        to: 'settle() {\n const until = bookedAt + bounds.returnAfterMs;',
      },
    ],
  },
  {
    name: 'tokens come back at the edges of fixed windows',
    breaks: ['P1'],
    changes: [
      {
        file: BUDGET,
        from: SETTLED,
        to: `settle() {
          const until = (Math.floor(clock.monotonic() / bounds.windowMs) + 1) * bounds.windowMs;`,
      },
    ],
  },
  {
    name: 'bookings are forgotten at a restart',
    breaks: ['P1'],
    changes: [
      {
        file: 'coordinator/coordinator.ts',
        from: '[...distrusted, ...(await loadBookings(records, name))]',
        to: '(await loadBookings(records, name), [...distrusted])',
      },
    ],
  },
  {
    name: 'a storage that lost its last seconds is trusted',
    breaks: ['P1', 'P6', 'P8'],
    changes: [
      {
        file: 'coordinator/lease/host.ts',
        from: 'const isDistrusted = recordedIncarnation !== incarnation && !isFirstRun;',
        to: 'const isDistrusted = false && recordedIncarnation !== incarnation && !isFirstRun;',
      },
    ],
  },
  {
    name: 'a request without an answer gives its token back',
    breaks: ['P1'],
    changes: [
      {
        file: BUDGET,
        from: 'if (holdings.has(token)) holdings.hold(token, token.until, token.until);',
        to: 'holdings.drop(token); tell();',
      },
    ],
  },
  {
    name: 'a token stays away for longer than it must',
    breaks: ['P2', 'P3'],
    changes: [
      {
        file: 'coordinator/budget/bounds.ts',
        from: 'returnAfterMs: windowMs + driftMs,',
        to: 'returnAfterMs: windowMs * 1.5 + driftMs,',
      },
    ],
  },
  {
    name: 'twice the reserve is kept from reads',
    breaks: ['P2'],
    changes: [
      {
        file: BUDGET,
        from: 'unreserved: bounds.requests - reserve,',
        to: 'unreserved: bounds.requests - 2 * reserve,',
      },
    ],
  },
  {
    name: 'reads may use the reserve',
    breaks: ['P3'],
    changes: [
      { file: BUDGET, from: 'unreserved: bounds.requests - reserve,', to: 'unreserved: bounds.requests,' },
    ],
  },
  {
    name: 'first come, first served',
    breaks: ['P4'],
    changes: [
      {
        file: 'coordinator/queue/place.ts',
        from: 'return Math.round(TURN / weight);',
        to: 'return 0 * Math.round(TURN / weight);',
      },
    ],
  },
  {
    name: 'weights count for nothing',
    breaks: ['P4'],
    changes: [
      {
        file: 'coordinator/queue/place.ts',
        from: 'return Math.round(TURN / weight);',
        to: 'return TURN;',
      },
    ],
  },
  {
    name: 'a promise is dropped now and then',
    breaks: ['P3', 'P5', 'P6', 'P11'],
    changes: [
      {
        file: QUEUE,
        from: 'return await result;',
        to: 'const value = await result; if (Number(job.id) % 40 === 0) await new Promise(() => {}); return value;',
      },
    ],
  },
  {
    name: 'work whose caller has left is done all the same',
    breaks: ['P5', 'P6'],
    changes: [
      {
        file: QUEUE,
        from: 'const leave = () => cancel.abort(ticket.signal?.reason);',
        to: 'const leave = () => {};',
      },
      {
        file: EXCHANGE,
        from: 'clock.now() >= notAfter || signal?.aborted === true;',
        to: 'clock.now() >= notAfter;',
      },
    ],
  },
  {
    name: 'work is started after its deadline',
    breaks: ['P5'],
    changes: [
      { file: 'coordinator/call.ts', from: 'START_WITHIN_MS = 20_000', to: 'START_WITHIN_MS = 24_000' },
    ],
  },
  {
    name: 'callers are held for longer',
    breaks: ['P5'],
    changes: [{ file: 'coordinator/call.ts', from: 'HOLD_MS = 25_000', to: 'HOLD_MS = 29_000' }],
  },
  {
    name: 'a hanging storage is waited for',
    breaks: ['P5', 'P11'],
    changes: [
      {
        file: 'coordinator/storage/patience.ts',
        from: 'STORAGE_TIMEOUT_MS = 2_000',
        to: 'STORAGE_TIMEOUT_MS = 4_000',
      },
    ],
  },
  {
    name: 'the cache serves what was fetched before a change',
    breaks: ['P8'],
    changes: [
      {
        file: READS,
        from: 'if (!isAfter(start.order, changes.lastChange(read))) return false;',
        to: '',
      },
    ],
  },
  {
    name: 'what a changing hub shows is kept as long as anything',
    breaks: ['P8'],
    changes: [{ file: READS, from: 'DIRTY_TTL_MS = 1_000', to: 'DIRTY_TTL_MS = 30_000' }],
  },
  {
    name: 'a read joins an older fetch',
    breaks: ['P8'],
    changes: [
      {
        file: READS,
        from: 'return !isDirty(read, flight.start.at) && isFresh(read, flight.start, now);',
        to: 'return true;',
      },
    ],
  },
  {
    name: 'the account is missing in the key of the cache',
    breaks: ['P7'],
    changes: [
      {
        file: READS,
        from: '`$' + '{account} $' + '{path}$' + '{languages',
        to: '`$' + '{path}$' + '{languages',
      },
    ],
  },
  {
    name: 'stale data crosses a change',
    breaks: ['P8'],
    changes: [
      {
        file: READS,
        from: 'if (!isFresh(read, { order, at: startedAt }, now) || isDirty(read, startedAt)) return undefined;',
        to: '',
      },
    ],
  },
  {
    name: 'the commit of a former owner is accepted',
    breaks: ['P1', 'P5', 'P6', 'P8'],
    changes: [
      {
        file: 'coordinator/storage/memory.ts',
        from: `if (lease && lease.epoch >= epoch) {
    if (lease.epoch > epoch || lease.holder !== holder) return 'fenced';`,
        to: `if (lease && lease.epoch > epoch) return 'committed';
  if (lease && lease.epoch >= epoch && lease.holder === holder) {`,
      },
    ],
  },
  {
    name: 'nothing is looked at before writing',
    breaks: ['P1', 'P5', 'P6', 'P8'],
    changes: [
      {
        file: EXCHANGE,
        from: 'if (!token.mayWrite() || !isAllowed() || isTooLate()) return false;',
        to: 'if (isTooLate()) return false;',
      },
    ],
  },
  {
    name: 'a command joins one whose answer was delivered',
    breaks: ['P6'],
    changes: [
      {
        file: REPETITION,
        from: 'if (last === undefined || last.isDelivered || clock',
        to: 'if (last === undefined || clock',
      },
    ],
  },
  {
    name: 'a command joins an earlier one though another came in between',
    breaks: ['P6'],
    changes: [
      {
        file: REPETITION,
        from: 'const target = targetOf(command);',
        to: 'const target = targetOf(command) + command.fingerprint;',
      },
      {
        file: REPETITION,
        from: 'const last = lastOf.get(targetOf(again));',
        to: 'const last = lastOf.get(targetOf(again) + again.fingerprint);',
      },
      {
        file: REPETITION,
        from: `delivered(command) {
      const last = lastOf.get(targetOf(command));`,
        to: `delivered(command) {
      const last = lastOf.get(targetOf(command) + command.fingerprint);`,
      },
      {
        file: REPETITION,
        from: 'return hasChangedSince(last) ? undefined : last.command;',
        to: 'return last.command;',
      },
    ],
  },
  {
    name: 'a command without an answer is sent again',
    breaks: ['P6', 'P1'],
    changes: [
      {
        file: EXCHANGE,
        from: 'else if (!settled) token.abandon();',
        to: "else if (!settled) token.abandon(); if (result.kind === 'unanswered' && !isTooLate()) continue;",
      },
    ],
  },
  {
    name: 'after a crash what was sent is said to be not executed',
    breaks: ['P6'],
    changes: [
      {
        file: JOURNAL,
        from: "const wasSent = isDistrusted || command.state !== 'queued';",
        to: 'const wasSent = isDistrusted;',
      },
    ],
  },
  {
    name: 'an Idempotency-Key is forgotten',
    breaks: ['P6'],
    changes: [
      {
        file: JOURNAL,
        from: "if (command.outcome !== 'not_executed') keys.set(name, command);",
        to: "if (command.outcome === 'pending') keys.set(name, command);",
      },
    ],
  },
  {
    name: 'commands overtake one another',
    breaks: ['P6'],
    changes: [
      {
        file: 'coordinator/commands/turns.ts',
        from: 'if (before) await untilAborted(before, signal);',
        to: '',
      },
    ],
  },
];
