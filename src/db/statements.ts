/** SQL as text, on connections apart from those of requests: for the library of background jobs, which brings its own. */
export interface Statements {
  /** Runs one statement with parameters, or several without. @returns the rows of all of them */
  execute(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /**
   * Hears notifications of a channel. They may get lost with the connection; it is opened again by itself, and
   * `onListening` is called whenever it is open.
   */
  listen(
    channel: string,
    onNotification: (payload: string) => void,
    onListening: () => void,
  ): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

/**
 * Brings a schema up to date that is not drizzle's, before anybody uses the database and while no other process of this
 * product does the same.
 */
export type Preparation = (statements: Statements) => Promise<void>;

/**
 * The statements inside a text that opens and commits a transaction of its own; undefined for any other text. They are
 * run in a transaction of the driver: one that fails is then rolled back on its own connection.
 */
export function insideTransaction(text: string): string | undefined {
  return /^\s*BEGIN;([\s\S]*)COMMIT;\s*$/.exec(text)?.[1];
}
