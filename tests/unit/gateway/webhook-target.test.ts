import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../src/notifications/webhooks/addresses.ts';
import { createLookup } from '../../../src/notifications/webhooks/send-webhook.undici.ts';
import { newSecret, signatureHeaders } from '../../../src/notifications/webhooks/signature.ts';
import { type Lookup, targetOf } from '../../../src/notifications/webhooks/target.ts';

const PUBLIC = '93.184.215.14';
const publicName: Lookup = async () => [PUBLIC];
const target = (url: string, lookup: Lookup = publicName, allowPrivate = false) =>
  targetOf(url, { allowPrivate, lookup });

describe('an address', () => {
  it.each([PUBLIC, '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is one of the internet',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '10.0.0.1',
      '10.255.255.255',
      '127.0.0.1',
      '127.8.8.8',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...['192.168.0.1', '169.254.0.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '100.127.255.255'],
    ...[
      '192.0.0.8',
      '192.0.2.1',
      '198.18.0.1',
      '198.19.255.255',
      '198.51.100.1',
      '203.0.113.1',
      '192.88.99.1',
    ],
    ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'fc00::1', 'fd00::1', 'fd00:ec2::254'],
    ...['ff02::1', '100::1', '2001:db8::1', '3fff::1', '2001:2::1', '2001:20::1', '5f00::1'],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:169.254.169.254',
      '::ffff:7f00:1',
      '::ffff:168.63.129.16',
    ],
    ...[
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '2002:7f00:1::',
      '2002:a00:1::',
    ],
    // Without a dot they are the same addresses; what nobody has been given yet is nobody's webhook.
    ...['::7f00:1', '::a00:1', '::a9fe:a9fe', '100:0:0:1::1', '400::1', '4000::1', 'a00::1'],
    ...['2001:0:1::', 'nonsense', '', '1.2.3', '0x7f.1'],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a webhook', () => {
  it('goes to the address that was checked, under its name', async () => {
    expect(await target('https://hooks.example.com:8443/x?y=z')).toMatchObject({
      kind: 'address',
      address: PUBLIC,
      url: new URL('https://hooks.example.com:8443/x?y=z'),
    });
    expect(await target('https://[2606:4700::1111]/')).toMatchObject({ address: '2606:4700::1111' });
  });

  it.each([
    ['http://hooks.example.com/', 'not_https'],
    ['ftp://hooks.example.com/', 'no_url'],
    ['file:///etc/passwd', 'no_url'],
    ['gopher://hooks.example.com/', 'no_url'],
    ['javascript:alert(1)', 'no_url'],
    ['hooks.example.com', 'no_url'],
    ['//hooks.example.com', 'no_url'],
    ['', 'no_url'],
    [`https://hooks.example.com/${'x'.repeat(2_048)}`, 'no_url'],
    ['https://user@hooks.example.com/', 'credentials'],
    ['https://user:secret@hooks.example.com/', 'credentials'],
    ['https://hooks.example.com@127.0.0.1/', 'credentials'],
    ['https://127.0.0.1/', 'not_public'],
    ['https://127.1/', 'not_public'],
    ['https://2130706433/', 'not_public'],
    ['https://0x7f000001/', 'not_public'],
    ['https://0177.0.0.1/', 'not_public'],
    ['https://0/', 'not_public'],
    ['https://１２７.0.0.1/', 'not_public'],
    ['https://127.0.0.1./', 'not_public'],
    ['https://[::1]/', 'not_public'],
    ['https://[::ffff:127.0.0.1]/', 'not_public'],
    ['https://[::ffff:a9fe:a9fe]/', 'not_public'],
    ['https://[fd00:ec2::254]/', 'not_public'],
    ['https://169.254.169.254/latest/meta-data/', 'not_public'],
  ])('to %s is refused: %s', async (url, why) => {
    expect(await target(url)).toEqual({ kind: 'refused', why });
  });

  it.each([
    [['127.0.0.1']],
    [[PUBLIC, '10.0.0.1']],
    [['10.0.0.1', PUBLIC]],
    [['2606:4700::1111', '::1']],
    [[PUBLIC, 'fe80::1%eth0']],
  ])('to a name that leads to %j is refused', async (addresses) => {
    expect(await target('https://rebinding.example/', async () => addresses)).toEqual({
      kind: 'refused',
      why: 'not_public',
    });
  });

  it('asks for the addresses of a name once, so that a second answer changes nothing', async () => {
    let asked = 0;
    const lookup: Lookup = async () => (asked++ === 0 ? [PUBLIC] : ['127.0.0.1']);
    expect(await target('https://rebinding.example/', lookup)).toMatchObject({ address: PUBLIC });
    expect(asked).toBe(1);
  });

  it('waits when nobody knows the name', async () => {
    const nobody: Lookup = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await target('https://nowhere.example/', nobody)).toEqual({ kind: 'unknown' });
    expect(await target('https://nowhere.example/', async () => [])).toEqual({ kind: 'unknown' });
  });

  it('may stay at home where the operator says so, but never takes a password along', async () => {
    expect(await target('http://192.168.0.7:8123/', publicName, true)).toMatchObject({
      address: '192.168.0.7',
    });
    expect(await target('http://a:b@192.168.0.7/', publicName, true)).toMatchObject({ why: 'credentials' });
    expect(await target('file:///etc/passwd', publicName, true)).toMatchObject({ why: 'no_url' });
  });
});

it('a signature is that of the published example of Standard Webhooks', () => {
  const headers = signatureHeaders(
    'whsec_plJ3nmyCDGBKInavdOK15jsl',
    'msg_loFOjxBNrRLzqYUf',
    1_731_705_121,
    '{"event_type":"ping","data":{"success":true}}',
  );
  expect(headers['webhook-signature']).toBe('v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=');
});

it('a secret has 256 bits and is never the same', () => {
  const secrets = Array.from({ length: 50 }, newSecret);
  expect(new Set(secrets).size).toBe(50);
  for (const secret of secrets) expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
});

describe('names', () => {
  it('are looked up one at a time: slow ones must not take the lookups of others in this process', async () => {
    const asked: string[] = [];
    const { promise: slow, resolve: end } = Promise.withResolvers<{ address: string }[]>();
    const lookup = createLookup((host) => {
      asked.push(host);
      return host === 'slow.example.com' ? slow : Promise.resolve([{ address: PUBLIC }]);
    }, 20);
    const late = lookup('slow.example.com');
    const waiting = lookup('hooks.example.com');
    await expect(late).rejects.toThrow();
    await expect(waiting).rejects.toThrow();
    expect(asked).toEqual(['slow.example.com']);
    const next = createLookup(async () => [{ address: PUBLIC }], 1_000);
    expect(await next('hooks.example.com')).toEqual([PUBLIC]);
    end([]);
    expect(await lookup('other.example.com')).toEqual([PUBLIC]);
    // Nobody waited for it any longer.
    expect(asked).toEqual(['slow.example.com', 'other.example.com']);
  });
});
