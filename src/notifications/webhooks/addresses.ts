import ipaddr from 'ipaddr.js';

/** Of clouds, and yet in a public range: 168.63.129.16 is the agent of every machine at Azure. */
const NOT_PUBLIC = new Set(['168.63.129.16']);

/** All of IPv6 that belongs to anybody (RFC 4291 section 2.4); without it ::7f00:1 is one like any other. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address belongs to the internet, and not to this machine, its network, its cloud or nobody. IPv4 in IPv6
 * counts as IPv4 where it is one address (::ffff:0:0/96), and not at all where it is a tunnel.
 */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also reads 1.2.3 and 0x7f.1; a zone names a link of this machine.
  const isSpelledOut = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!isSpelledOut || address.includes('%')) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return false;
  return parsed.range() === 'unicast' && !NOT_PUBLIC.has(parsed.toString());
}
