import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

export interface Forwarding {
  readonly clientAddress: string;
  readonly secure: boolean;
}

export interface ForwardingFacts {
  /** Address of the TCP peer. */
  readonly peer: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly forwardedProto: string | undefined;
  /** Scheme of the connection itself. */
  readonly protocol: string;
}

/**
 * Finds the client behind trusted proxies: of X-Forwarded-For, the rightmost address that no trusted proxy has,
 * because everything to its left is what the client itself wrote. Without a trusted peer the headers mean nothing.
 * @param trusted addresses and CIDR ranges
 */
export function createForwarding(trusted: readonly string[]): (facts: ForwardingFacts) => Forwarding {
  const ranges: Range[] = trusted.map((range) =>
    ipaddr.parseCIDR(
      range.includes('/') ? range : `${range}/${ipaddr.parse(range).kind() === 'ipv4' ? 32 : 128}`,
    ),
  );
  const isTrusted = (address: string) => {
    const parsed = parse(address);
    return (
      parsed !== undefined && ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range))
    );
  };

  return ({ peer, forwardedFor, forwardedProto, protocol }) => {
    // Of a link-local peer, the zone is the name of one of our own interfaces (RFC 6874).
    const peerAddress = normalise((peer ?? '').replace(/%.*$/, '')) ?? 'unknown';
    const ownScheme = protocol === 'https:';
    if (!isTrusted(peerAddress)) return { clientAddress: peerAddress, secure: ownScheme };
    const secure = forwardedProto ? lastOf(forwardedProto)?.toLowerCase() === 'https' : ownScheme;
    for (const hop of hopsFromRight(forwardedFor ?? '')) {
      const address = normalise(hop);
      // A hop that is no address was not written by a proxy we trust: stop believing there.
      if (address === undefined) break;
      if (!isTrusted(address)) return { clientAddress: address, secure };
    }
    return { clientAddress: peerAddress, secure };
  };
}

/** More proxies than anybody has in a row. */
const MOST_HOPS = 32;

function* hopsFromRight(header: string): Generator<string> {
  let end = header.length;
  for (let hops = 0; hops < MOST_HOPS && end >= 0; hops++) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1);
    yield header.slice(comma + 1, end).trim();
    end = comma;
  }
}

/**
 * Only spellings that everybody reads alike: of IPv4 four decimal parts (no `127.1`, octal or hexadecimal), of IPv6 no
 * zone.
 */
function parse(address: string) {
  const isPlain =
    ipaddr.IPv4.isValidFourPartDecimal(address) || (address.includes(':') && ipaddr.IPv6.isValid(address));
  return isPlain && !address.includes('%') ? ipaddr.process(address) : undefined;
}

/** One spelling per address: IPv4 in IPv6 is IPv4, IPv6 is compressed, ports and brackets are gone. */
function normalise(address: string): string | undefined {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  return parse(bare)?.toString();
}

function lastOf(list: string): string | undefined {
  return list.split(',').at(-1)?.trim();
}
