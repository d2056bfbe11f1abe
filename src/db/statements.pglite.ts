import type { PGlite } from '@electric-sql/pglite';
import { insideTransaction, type Statements } from './statements.ts';

/** PGlite has one connection: a statement waits while a transaction of somebody else is open. */
export function pgliteStatements(client: PGlite): Statements {
  const exec = async (runner: Pick<PGlite, 'exec'>, text: string) => {
    const results = await runner.exec(text);
    return { rows: results.flatMap(({ rows }) => rows as Record<string, unknown>[]) };
  };
  return {
    async execute(text, values = []) {
      if (values.length > 0) return client.query<Record<string, unknown>>(text, [...values]);
      const inside = insideTransaction(text);
      return inside === undefined
        ? exec(client, text)
        : client.transaction((tx) => exec(tx as unknown as PGlite, inside));
    },
    async listen(channel, onNotification, onListening) {
      const close = await client.listen(channel, onNotification);
      onListening();
      return { close: () => close() };
    },
    async close() {},
  };
}
