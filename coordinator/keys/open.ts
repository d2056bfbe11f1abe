/** All API keys of the configuration, each with its way to Ajax. */
import { settleDoubt } from '../budget/doubt.ts';
import { budgetName } from '../budget/name.ts';
import { type KeyOptions, openKey } from './key.ts';
import { createKeys, type Keys } from './keys.ts';
import { noPins, openPins } from './pins.ts';

export type KeysOptions = Omit<KeyOptions, 'apiKey' | 'name' | 'place'>;

/** @throws GatewayError storage_unavailable when what an earlier life left cannot be loaded */
export async function openKeys(options: KeysOptions): Promise<Keys> {
  const { config, bounds, records, clock, isDistrusted } = options;
  const { apiKeys } = config;
  const names = await Promise.all(apiKeys.map(budgetName));
  const distrusted = await settleDoubt(records, clock, bounds, names, isDistrusted);
  const [first, ...others] = await Promise.all(
    apiKeys.map((apiKey, index) => {
      const name = names[index] ?? '';
      return openKey({ ...options, apiKey, name, place: index + 1, isDistrusted: distrusted.has(name) });
    }),
  );
  if (first === undefined) throw new Error('The coordinator needs an API key');
  const pins = others.length === 0 ? noPins : await openPins(records, first.name);
  return createKeys(first, others, pins);
}
