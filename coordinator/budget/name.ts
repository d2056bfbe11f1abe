import { sha256Hex } from '../../src/kernel/crypto.ts';

/** Names the budget of an API key in storage without revealing the key (promise P9). */
export async function budgetName(apiKey: string): Promise<string> {
  return (await sha256Hex(apiKey)).slice(0, 16);
}
