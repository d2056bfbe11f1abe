import { describe, expect, it } from 'vitest';
import { createForwarding } from '../../../src/shield/client-address.ts';

const find = createForwarding(['10.0.0.0/8', '::1', '2001:db8::/32']);
const addressOf = (peer: string | undefined, forwardedFor?: string) =>
  find({ peer, forwardedFor, forwardedProto: undefined, protocol: 'http:' }).clientAddress;

describe('the client address', () => {
  it('is the peer when the peer is no trusted proxy, whatever it claims', () => {
    expect(addressOf('203.0.113.9', '1.2.3.4')).toBe('203.0.113.9');
  });

  it('is the rightmost hop that is no trusted proxy: what stands left of it was written by the client', () => {
    expect(addressOf('10.0.0.1', '6.6.6.6, 198.51.100.7, 10.9.9.9')).toBe('198.51.100.7');
  });

  it('is the proxy itself when every hop is trusted or there is none', () => {
    expect(addressOf('10.0.0.1', '10.0.0.2, 10.0.0.3')).toBe('10.0.0.1');
    expect(addressOf('10.0.0.1')).toBe('10.0.0.1');
  });

  it.each([
    ['10.0.0.1', 'garbage'],
    ['10.0.0.1', '198.51.100.7, <script>'],
    ['10.0.0.1', ''],
  ])('believes nothing left of a hop that is no address', (peer, header) => {
    expect(addressOf(peer, header)).toBe('10.0.0.1');
  });

  it('has one spelling: ports, brackets and IPv4 inside IPv6 are gone', () => {
    expect(addressOf('::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(addressOf('::ffff:10.0.0.1', '198.51.100.7:4711')).toBe('198.51.100.7');
    expect(addressOf('::1', '[2001:4860::8888]:443')).toBe('2001:4860::8888');
  });

  it.each([
    // [peer, X-Forwarded-For, client]
    ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', ' 198.51.100.7 ', '198.51.100.7'],
    ['10.0.0.1', '127.0.0.1, 198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '10.0.0.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    // The client claims to come through a trusted proxy: what it wrote stands left of itself.
    ['10.0.0.1', '192.0.2.1, 10.0.0.8, 198.51.100.7', '198.51.100.7'],
    ['203.0.113.9', '10.0.0.1', '203.0.113.9'],
    ['::ffff:10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['::FFFF:0A00:0001', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '::ffff:10.0.0.3, ::ffff:c633:6407, ::ffff:10.0.0.2', '198.51.100.7'],
    ['2001:db8::5', '2001:4860:0:0:0:0:0:1, 2001:db8:0::9', '2001:4860::1'],
    ['::1', '198.51.100.7:65535', '198.51.100.7'],
    ['::1', '[2001:4860::1]', '2001:4860::1'],
    ['::1', '[2001:4860::1]:8443, 10.0.0.2:80', '2001:4860::1'],
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '_hidden, 10.0.0.2', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1,', '10.0.0.1'],
    ['10.0.0.1', ',', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1, 198.51.100.7 evil', '10.0.0.1'],
    ['10.0.0.1', '192.0.2.1;198.51.100.7', '10.0.0.1'],
    ['10.0.0.1', '"198.51.100.7"', '10.0.0.1'],
    ['10.0.0.1', 'for=198.51.100.7', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.7/24', '10.0.0.1'],
    ['10.0.0.1', 'localhost', '10.0.0.1'],
    ['10.0.0.1', '198.51.100', '10.0.0.1'],
    ['10.0.0.1', '256.1.1.1', '10.0.0.1'],
    // Octal, hexadecimal and short forms are read differently by different software.
    ['10.0.0.1', '0306.063.0144.07', '10.0.0.1'],
    ['10.0.0.1', '0xc6336407', '10.0.0.1'],
    ['10.0.0.1', '3325256711', '10.0.0.1'],
    ['10.0.0.1', '127.1', '10.0.0.1'],
    ['10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
    ['10.0.0.1', '[198.51.100.7', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.7:port', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.7:80:80', '10.0.0.1'],
    ['10.0.0.1', '\u0000198.51.100.7', '10.0.0.1'],
    ['garbage', '198.51.100.7', 'unknown'],
    ['fe80::1%eth0', undefined, 'fe80::1'],
  ])('of peer %j with X-Forwarded-For %j is %s', (peer, header, client) => {
    expect(addressOf(peer, header)).toBe(client);
  });

  it('believes no longer chain of proxies than there could be', () => {
    const proxies = (hops: number) => Array.from({ length: hops }, () => '10.0.0.2').join(', ');
    expect(addressOf('10.0.0.1', `198.51.100.7, ${proxies(20)}`)).toBe('198.51.100.7');
    expect(addressOf('10.0.0.1', `198.51.100.7, ${proxies(40)}`)).toBe('10.0.0.1');
    expect(addressOf('10.0.0.1', ','.repeat(1_000_000))).toBe('10.0.0.1');
  });

  it('is named unknown when the runtime does not know the peer', () => {
    expect(addressOf(undefined, '1.2.3.4')).toBe('unknown');
  });
});

describe('the scheme', () => {
  const secure = (peer: string, forwardedProto?: string, protocol = 'http:') =>
    find({ peer, forwardedFor: undefined, forwardedProto, protocol }).secure;

  it('is believed from a trusted proxy only', () => {
    expect(secure('10.0.0.1', 'https')).toBe(true);
    expect(secure('203.0.113.9', 'https')).toBe(false);
    expect(secure('10.0.0.1', 'https, http')).toBe(false);
    expect(secure('203.0.113.9', undefined, 'https:')).toBe(true);
  });
});
