/** One connection to PostgreSQL, for a pool that replaces it when something is wrong with it. */
import postgres from 'postgres';

/** How arrays are read and written: a server numbers their types as it likes. */
export interface ArrayTypes {
  /** From the number of the elements' type to that of the array's. */
  readonly numbers: object;
  readonly parsers: object;
  readonly serializers: object;
}

interface Options {
  readonly parsers: Record<string, { readonly array?: boolean }>;
  readonly serializers: Record<string, unknown>;
  readonly shared: { readonly typeArrayMap: object };
}

const optionsOf = (client: postgres.Sql) => client.options as unknown as Options;

/** What a client knows of arrays once it has connected. */
export function arrayTypesOf(client: postgres.Sql): ArrayTypes {
  const { parsers, serializers, shared } = optionsOf(client);
  const arrays = Object.keys(parsers).filter((number) => parsers[number]?.array === true);
  const pick = (from: Record<string, unknown>) =>
    Object.fromEntries(arrays.map((number) => [number, from[number]]));
  return { numbers: shared.typeArrayMap, parsers: pick(parsers), serializers: pick(serializers) };
}

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
  const { parsers, serializers, shared } = optionsOf(client);
  Object.assign(shared.typeArrayMap, arrayTypes.numbers);
  Object.assign(parsers, arrayTypes.parsers);
  Object.assign(serializers, arrayTypes.serializers);
  return client;
}
