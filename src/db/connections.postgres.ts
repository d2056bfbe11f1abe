/**
 * A pool of connections that are thrown away once something is wrong with them. That of postgres.js uses them again:
 * a transaction whose connection has ended writes its rollback into nothing, which ends the process (its issue 1208), its
 * statements may run on the next connection, outside of any transaction (1155), and a connection whose other end is
 * gone without a word holds its statement until TCP gives up, a quarter of an hour later. Here each client of postgres.js
 * has one connection, and nobody touches it again (promise P11).
 */
import { setTimeout } from 'node:timers';

/** What of a client of postgres.js with `max: 1` is used. */
export interface Connection {
  unsafe(query: string, params?: never[], options?: object): Statement;
  end(options: { readonly timeout: number }): Promise<void>;
}

interface Statement extends PromiseLike<unknown> {
  values(): PromiseLike<unknown>;
}

/** What drizzle asks of a client of postgres.js. */
export interface Client {
  unsafe(query: string, params?: never[], options?: object): Statement;
  begin<T>(work: (transaction: TransactionClient) => Promise<T>): Promise<T>;
}

export interface TransactionClient {
  unsafe: Client['unsafe'];
  savepoint<T>(work: (transaction: TransactionClient) => Promise<T>): Promise<T>;
}

export interface ConnectionsOptions {
  /** Calls `onClose` when the connection ends, whoever ended it. */
  readonly open: (onClose: () => void) => Connection;
  readonly max: number;
  /** A statement without an answer for so long is given up, and its connection with it. */
  readonly silentMs: number;
  /** How long a statement waits for a free connection. */
  readonly waitMs: number;
  /** A connection older than that is replaced: those of a server collect memory. */
  readonly lifetimeMs: number;
}

interface Lane {
  readonly connection: Connection;
  readonly openedAt: number;
  isLost: boolean;
}

type Waiter = (lane: Lane) => void;

export function createConnections(options: ConnectionsOptions) {
  const { max, silentMs, waitMs, lifetimeMs } = options;
  const lanes = new Set<Lane>();
  /** The last one used goes first, so that those not needed stay unused. */
  const free: Lane[] = [];
  const waiting = new Set<Waiter>();
  let isClosed = false;

  function openLane(): Lane {
    const lane: Lane = {
      connection: options.open(() => lose(lane)),
      openedAt: performance.now(),
      isLost: false,
    };
    lanes.add(lane);
    return lane;
  }

  function lose(lane: Lane): void {
    if (lane.isLost) return;
    lane.isLost = true;
    lanes.delete(lane);
    const at = free.indexOf(lane);
    if (at >= 0) free.splice(at, 1);
    // Rejects what waits for an answer on it.
    void lane.connection.end({ timeout: 0 });
    serveNext();
  }

  function serveNext(): void {
    const [waiter] = waiting;
    if (waiter === undefined || isClosed) return;
    const lane = free.pop() ?? (lanes.size < max ? openLane() : undefined);
    if (lane === undefined) return;
    waiting.delete(waiter);
    waiter(lane);
  }

  function take(): Promise<Lane> {
    if (isClosed) return Promise.reject(failure('CONNECTION_ENDED', 'The pool is closed'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(failure('CONNECT_TIMEOUT', `No connection is free for ${waitMs} ms`));
      }, waitMs);
      const waiter = (lane: Lane) => {
        clearTimeout(timer);
        resolve(lane);
      };
      waiting.add(waiter);
      serveNext();
    });
  }

  function release(lane: Lane): void {
    if (lane.isLost) return;
    if (performance.now() - lane.openedAt > lifetimeMs) {
      lose(lane);
      return;
    }
    free.push(lane);
    serveNext();
  }

  async function answerOf<T>(lane: Lane, ask: (connection: Connection) => PromiseLike<T>): Promise<T> {
    if (lane.isLost) throw failure('CONNECTION_CLOSED', 'The connection of this transaction has ended');
    const timer = setTimeout(() => lose(lane), silentMs);
    try {
      return await ask(lane.connection);
    } catch (error) {
      if (!isAnswer(error)) lose(lane);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  const run = async <T>(ask: (connection: Connection) => PromiseLike<T>) => {
    const lane = await take();
    try {
      return await answerOf(lane, ask);
    } finally {
      release(lane);
    }
  };

  /** Everything between two statements, the second of which depends on how it went. */
  async function scope<T>(
    lane: Lane,
    words: { readonly begin: string; readonly keep: string; readonly undo: string },
    work: (transaction: TransactionClient) => Promise<T>,
  ): Promise<T> {
    const say = (statement: string) => answerOf(lane, (connection) => connection.unsafe(statement));
    /** Of the first statement that failed: a transaction cannot be kept after it, also where nobody minded. */
    let failed: { readonly error: unknown } | undefined;
    const transaction: TransactionClient = {
      unsafe: (query, params, how) =>
        statementOf((ask) =>
          answerOf(lane, (connection) => ask(connection.unsafe(query, params, how))).catch((error) => {
            failed ??= { error };
            throw error;
          }),
        ),
      savepoint: (inner) => scope(lane, savepoint, inner),
    };
    await say(words.begin);
    try {
      const result = await work(transaction);
      if (failed !== undefined) throw failed.error;
      await say(words.keep);
      return result;
    } catch (error) {
      // What has ended with its connection is undone already.
      if (!lane.isLost) await say(words.undo).catch(() => lose(lane));
      throw error;
    }
  }

  const client: Client = {
    unsafe: (query, params, how) =>
      statementOf((ask) => run((connection) => ask(connection.unsafe(query, params, how)))),
    async begin(work) {
      const lane = await take();
      try {
        return await scope(lane, wholeTransaction, work);
      } finally {
        release(lane);
      }
    },
  };

  return {
    client,
    /** Lets statements under way end, at most for 5 s. */
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all([...lanes].map(({ connection }) => connection.end({ timeout: 5 })));
    },
  };
}

const wholeTransaction = { begin: 'begin', keep: 'commit', undo: 'rollback' };
// The latest of a name is meant, so one name serves all depths.
const savepoint = {
  begin: 'savepoint nested',
  keep: 'release savepoint nested',
  undo: 'rollback to savepoint nested; release savepoint nested',
};

/** Runs once, as objects or, when `values` is called at once, as arrays. */
function statementOf(
  run: (ask: (statement: Statement) => PromiseLike<unknown>) => Promise<unknown>,
): Statement {
  let asValues = false;
  const answer = Promise.resolve().then(() =>
    run((statement) => (asValues ? statement.values() : statement)),
  );
  return Object.assign(answer, {
    values() {
      asValues = true;
      return answer;
    },
  });
}

/** The server has refused the statement and goes on listening; after a FATAL or PANIC it does not. */
const isAnswer = (error: unknown) => (error as { readonly severity?: unknown }).severity === 'ERROR';

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });
