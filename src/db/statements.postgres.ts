import postgres, { type Row, type Sql } from 'postgres';
import type { Client } from './connections.postgres.ts';
import { insideTransaction, type Statements } from './statements.ts';

const LISTEN_AGAIN_MS = 5_000;

/** On a small pool of its own, whose values are as the library of background jobs expects them. */
export function postgresStatements(
  url: string,
  { client, close }: { readonly client: Client; readonly close: () => Promise<void> },
): Statements {
  return {
    async execute(text, values = []) {
      const parameters = values.map((value) => value ?? null) as never[];
      const inside = values.length === 0 ? insideTransaction(text) : undefined;
      const result: unknown =
        inside === undefined
          ? await client.unsafe(text, parameters)
          : await client.begin(async (tx) => await tx.unsafe(inside));
      return { rows: (result as (Row | Row[])[]).flat() };
    },
    listen: (channel, onNotification, onListening) => listen(url, channel, onNotification, onListening),
    close,
  };
}

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
