/**
 * The journal of commands: data, never closures. A command is in it before it is accepted, as sent before it is
 * written, and its receipt stays for a day after its end. What a crash interrupted ends when the next life opens the
 * journal: what waited was not executed, of what was sent nobody can say (promise P6).
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { readJson } from '../storage/read-json.ts';
import type { Records } from '../storage/records.ts';
import { type Command, commandSchema, hasEnded } from './command.ts';

export interface Journal {
  /** A new command, or what has become of one: goes with the next commit. */
  write(command: Command): void;
  /** As if it had never been accepted. */
  withdraw(command: Command): void;
  /** @throws GatewayError storage_unavailable, when receipts of earlier lives cannot be loaded; as the next three */
  find(account: string, id: string): Promise<Command | undefined>;
  /** Newest first. */
  list(account: string, limit: number): Promise<readonly Command[]>;
  /** Resolves once receipts of earlier lives are known. */
  ready(): Promise<void>;
  /** Ask `ready` first. */
  byKey(account: string, idempotencyKey: string): Command | undefined;
  known(id: string): Command | undefined;
  /** Accepted since, in epoch ms; oldest first. Ask `ready` first. */
  since(createdAt: number): readonly Command[];
  /** Of an earlier life, and interrupted: ended by now, except two-stage arming, which is to be followed. */
  readonly interrupted: readonly Command[];
  counts(): { readonly open: number; readonly kept: number };
}

/** How long a receipt is kept, and with it what its Idempotency-Key answers. */
const KEPT_MS = 24 * 60 * 60_000;
/** Of one account, so that nobody makes the receipts of others forgotten. */
const MOST_OWN = 1_000;

/**
 * @param isDistrusted the storage may have lost its last seconds: what waits there may have been sent
 * @throws GatewayError storage_unavailable
 */
export async function openJournal(records: Records, clock: Clock, isDistrusted = false): Promise<Journal> {
  /** By age. */
  const commands = new Map<string, Command>();
  const own = new Map<string, Set<Command>>();
  const keys = new Map<string, Command>();
  const open = new Set<string>();
  let loading: Promise<void> | undefined;

  const keyOf = (account: string, key: string) => `${account} ${key}`;

  const ownOf = (account: string): Set<Command> => own.get(account) ?? new Set();

  function remember(command: Command): void {
    commands.set(command.id, command);
    own.set(command.account, ownOf(command.account).add(command));
    if (command.idempotencyKey === null) return;
    const name = keyOf(command.account, command.idempotencyKey);
    // What was not executed leaves its key free.
    if (command.outcome !== 'not_executed') keys.set(name, command);
    else if (keys.get(name) === command) keys.delete(name);
  }

  function forget(command: Command): void {
    commands.delete(command.id);
    ownOf(command.account).delete(command);
    records.delete({ kind: 'receipt', key: command.id });
    if (command.idempotencyKey === null) return;
    const name = keyOf(command.account, command.idempotencyKey);
    if (keys.get(name) === command) keys.delete(name);
  }

  function sweep(account: string): void {
    const oldest = clock.now() - KEPT_MS;
    for (const command of commands.values()) {
      if (!hasEnded(command)) continue;
      if (command.createdAt >= oldest) break;
      forget(command);
    }
    const mine = ownOf(account);
    for (const command of mine) {
      if (mine.size < MOST_OWN) break;
      if (hasEnded(command)) forget(command);
    }
    if (mine.size === 0) own.delete(account);
  }

  function write(command: Command): void {
    const value = JSON.stringify(command);
    const key = command.id;
    if (!commands.has(key)) sweep(command.account);
    if (hasEnded(command)) {
      open.delete(key);
      records.delete({ kind: 'command', key });
      records.put({ kind: 'receipt', key, value, untilAt: clock.monotonic() + KEPT_MS });
    } else {
      open.add(key);
      records.put({ kind: 'command', key, value, untilAt: undefined });
    }
    remember(command);
  }

  const parse = (value: string): Command | undefined => readJson(commandSchema, value);

  async function loadReceipts(): Promise<void> {
    const receipts = (await records.load('receipt')).flatMap(({ value }) => parse(value) ?? []);
    const younger = [...commands.values()];
    commands.clear();
    own.clear();
    for (const command of receipts.sort((a, b) => a.createdAt - b.createdAt)) {
      if (!younger.some(({ id }) => id === command.id)) remember(command);
    }
    for (const command of younger) remember(command);
  }

  function ready(): Promise<void> {
    // One attempt for all who ask; after a failure the next who asks tries again.
    loading ??= loadReceipts().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  const interrupted: Command[] = [];
  for (const { key, value } of await records.load('command')) {
    // Its end was committed, and its deletion got lost with the storage's last seconds.
    if ((await records.get('receipt', key)) !== undefined) continue;
    const command = parse(value);
    if (command === undefined) continue;
    interrupted.push(command);
    if (command.outcome === 'pending') {
      const wasSent = isDistrusted || command.state !== 'queued';
      command.outcome = wasSent ? 'unknown' : 'not_executed';
      command.code = wasSent ? 'command_outcome_unknown' : 'command_not_executed';
    }
    write(command);
  }
  ready().catch(() => {});

  return {
    write,
    withdraw(command) {
      open.delete(command.id);
      records.delete({ kind: 'command', key: command.id });
      forget(command);
    },
    async find(account, id) {
      const known = commands.get(id);
      if (known === undefined) await ready();
      const command = commands.get(id);
      return command?.account === account ? command : undefined;
    },
    async list(account, limit) {
      await ready();
      const own = [...commands.values()].filter((command) => command.account === account);
      return own.reverse().slice(0, limit);
    },
    ready,
    byKey: (account, key) => keys.get(keyOf(account, key)),
    known: (id) => commands.get(id),
    since: (createdAt) => [...commands.values()].filter((command) => command.createdAt >= createdAt),
    interrupted,
    counts: () => ({ open: open.size, kept: commands.size }),
  };
}
