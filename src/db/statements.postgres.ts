import postgres, { type Row, type Sql } from 'postgres';
import { insideTransaction, type Statements } from './statements.ts';

const LISTEN_AGAIN_MS = 5_000;

/** A small pool of its own: drizzle changes the parsers of the one it is given, and waiting jobs take no connection away. */
export function postgresStatements(url: string): Statements {
  const client = postgres(url, { max: 3, ...OPTIONS });
  return {
    async execute(text, values = []) {
      if (values.length > 0) {
        const parameters = values.map((value) => value ?? null);
        return { rows: [...(await client.unsafe<Row[]>(text, parameters as never[]))] };
      }
      const inside = insideTransaction(text);
      const result: unknown =
        inside === undefined ? await client.unsafe(text) : await client.begin((tx) => tx.unsafe(inside));
      return { rows: (result as (Row | Row[])[]).flat() };
    },
    listen: (channel, onNotification, onListening) => listen(url, channel, onNotification, onListening),
    close: () => client.end({ timeout: 5 }),
  };
}

const OPTIONS = {
  connect_timeout: 5,
  onnotice: () => {},
  types: {
    // Texts are JSON already: postgres.js would quote them once more.
    json: {
      to: 114,
      from: [114, 3802] as number[],
      serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
      parse: (text: string): unknown => JSON.parse(text),
    },
  },
};

/** The listening of postgres.js gives up when the server is away for longer; this one tries until it is closed. */
async function listen(
  url: string,
  channel: string,
  onNotification: (payload: string) => void,
  onListening: () => void,
): Promise<{ close(): Promise<void> }> {
  let client: Sql | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const again = () => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void open().catch(again);
    }, LISTEN_AGAIN_MS);
  };
  async function open() {
    const previous = client;
    const opened = postgres(url, {
      connect_timeout: 5,
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      fetch_types: false,
      onnotice: () => {},
      onnotify: (_channel: string, payload: string) => onNotification(payload),
      onclose: () => opened === client && again(),
    } as Parameters<typeof postgres>[1]);
    client = opened;
    void previous?.end({ timeout: 0 });
    await opened.unsafe(`listen ${JSON.stringify(channel)}`);
    if (!closed) onListening();
  }

  try {
    await open();
  } catch (error) {
    closed = true;
    clearTimeout(timer);
    throw error;
  }
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end({ timeout: 1 });
    },
  };
}
