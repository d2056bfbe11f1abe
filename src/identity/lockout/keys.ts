import { createKeyedHash } from '../../kernel/crypto.ts';
import { networkOf } from '../../kernel/network.ts';

export interface Visitor {
  /** E-mail as typed. */
  readonly login: string;
  /** As far as trusted proxies vouch for it. */
  readonly address: string;
}

/** What failures are counted by: an e-mail at an address, an address, an e-mail. */
export const scopes = ['pair', 'address', 'account'] as const;
export type Scope = (typeof scopes)[number];

export type Keys = Readonly<Record<Scope, string>>;

/** Keyed hashes: neither e-mails nor addresses are in the database. One household is one address. */
export async function createKeys(secretKey: string): Promise<(visitor: Visitor) => Promise<Keys>> {
  const hash = await createKeyedHash(secretKey, 'gateway:sign-in');
  return async ({ login, address }) => {
    // As generous as whoever compares it upstream may be: another spelling must not be another count.
    const account = login.normalize('NFKC').trim().toLowerCase();
    const network = networkOf(address);
    const [pair, ofAddress, ofAccount] = await Promise.all([
      hash(JSON.stringify(['pair', account, network])),
      hash(JSON.stringify(['address', network])),
      hash(JSON.stringify(['account', account])),
    ]);
    return { pair, address: ofAddress, account: ofAccount };
  };
}
