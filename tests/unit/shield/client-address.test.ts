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
