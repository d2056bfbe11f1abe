import ipaddr from 'ipaddr.js';
import { isPublicAddress } from './addresses.ts';

export type Lookup = (host: string) => Promise<readonly string[]>;

export interface TargetPolicy {
  /** Private addresses and http:// are allowed (WEBHOOKS_ALLOW_PRIVATE). */
  readonly allowPrivate: boolean;
  readonly lookup: Lookup;
}

export type Target =
  | { readonly kind: 'address'; readonly url: URL; readonly address: string }
  | { readonly kind: 'refused'; readonly why: RefusedTarget }
  /** The name leads nowhere, or cannot be asked for now. */
  | { readonly kind: 'unknown' };

export type RefusedTarget = 'no_url' | 'not_https' | 'credentials' | 'not_public';

export const LONGEST_URL = 2_048;

/**
 * Where a webhook goes: one address, checked, to be connected to as it is. All addresses of a name must be public, so
 * that nobody can choose by answering the second question differently.
 */
export async function targetOf(text: string, { allowPrivate, lookup }: TargetPolicy): Promise<Target> {
  const url = text.length <= LONGEST_URL ? URL.parse(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return refused('no_url');
  if (url.protocol === 'http:' && !allowPrivate) return refused('not_https');
  if (url.username !== '' || url.password !== '') return refused('credentials');
  // The parser of URLs has already made one spelling of 0x7f.1, 2130706433 and the like.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  let addresses: readonly string[];
  try {
    addresses = ipaddr.isValid(host) ? [host] : await lookup(host);
  } catch {
    return { kind: 'unknown' };
  }
  const [address] = addresses;
  if (address === undefined) return { kind: 'unknown' };
  if (!allowPrivate && !addresses.every(isPublicAddress)) return refused('not_public');
  return { kind: 'address', url, address };
}

const refused = (why: RefusedTarget): Target => ({ kind: 'refused', why });
