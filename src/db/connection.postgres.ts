/** One connection to PostgreSQL, for a pool that replaces it when something is wrong with it. */
import postgres from 'postgres';

/** The numbers a server gave to the types of arrays, by those of their elements' types. */
export type ArrayTypes = object;

const sharedOf = (client: postgres.Sql) =>
  (client.options as unknown as { readonly shared: { readonly typeArrayMap: ArrayTypes } }).shared;

/** What a client knows of arrays once it has connected. */
export const arrayTypesOf = (client: postgres.Sql): ArrayTypes => sharedOf(client).typeArrayMap;

export interface ConnectionOptions {
  readonly arrayTypes: ArrayTypes;
  readonly types?: Record<string, postgres.PostgresType>;
  readonly onClose: () => void;
}

export function openConnection(url: string, { arrayTypes, types = {}, onClose }: ConnectionOptions) {
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    // The pool replaces connections itself, when nobody uses them.
    max_lifetime: null,
    // Asking for the types of arrays with each new connection ends the process when it fails: nobody hears of it.
    fetch_types: false,
    onclose: onClose,
    onnotice: () => {},
    types,
  });
  Object.assign(arrayTypesOf(client), arrayTypes);
  return client;
}
