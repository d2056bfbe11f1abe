import { describe, expect, it } from 'vitest';
import { decodings } from '../../../src/shield/decodings.ts';
import { probeRuleOf, segmentsOf } from '../../../src/shield/screening.ts';
import { HONEST, PROBES } from '../../runtime/hostile/paths.ts';

const withoutQuery = (path: string) => path.split('?', 1)[0] ?? '';

describe('screening', () => {
  it.each(PROBES)('tells %s for a probe', (path) => {
    expect(probeRuleOf(withoutQuery(path))).toBeDefined();
  });

  it.each(HONEST.map(([path]) => path))('lets %s pass', (path) => {
    expect(probeRuleOf(withoutQuery(path))).toBeUndefined();
  });

  it.each([
    ['/a/../b', 'traversal'],
    ['/a/%2e%2e/b', 'traversal'],
    ['/a/%252e%252e/b', 'traversal'],
    ['/a/..%5cb', 'traversal'],
    ['/a/..;x=1/b', 'traversal'],
    ['/%c0%ae%c0%ae/b', 'traversal'],
    ['/%u002e%u002e/b', 'traversal'],
    ['/a%0d%0ab', 'control'],
    ['/a%2500', 'control'],
    ['/.ENV', 'dotfile'],
    ['/.well-known/.git', 'dotfile'],
    ['/x/.well-known/a', 'dotfile'],
    ['/X.PHP', 'script'],
    ['/wp-login.txt', 'script'],
    ['/x.tar.gz', 'dump'],
    ['/ETC/Passwd', 'dump'],
    ['/Wp-Admin', 'panel'],
  ])('names the rule: %s is %s', (path, rule) => {
    expect(probeRuleOf(path)).toBe(rule);
  });

  it('lets every file of the dashboard pass, whatever its hash', () => {
    for (const hash of ['AbCdEf12', '-_-_-_-_', 'php_sql1', 'env-bak0'])
      for (const ext of ['js', 'css', 'svg', 'png', 'woff2', 'json', 'webmanifest', 'ico', 'html', 'js.map'])
        expect(probeRuleOf(`/assets/index-${hash}.${ext}`)).toBeUndefined();
  });
});

describe('the work of screening', () => {
  const HARD = [
    (n: number) => '%'.repeat(n),
    (n: number) => '%25'.repeat(n / 3),
    (n: number) => '%2525'.repeat(n / 5),
    (n: number) => '%u'.repeat(n / 2),
    (n: number) => '/'.repeat(n),
    (n: number) => '.'.repeat(n),
    (n: number) => 'a.'.repeat(n / 2),
    (n: number) => '/.'.repeat(n / 2),
    (n: number) => ';'.repeat(n),
    (n: number) => '/a;'.repeat(n / 3),
    (n: number) => '\\'.repeat(n),
    (n: number) => '%c0%ae'.repeat(n / 6),
    (n: number) => `${'. '.repeat(n / 2)}x`,
  ];

  it('is at most three readings, none longer than what was sent', () => {
    for (const hard of HARD) {
      const path = `/${hard(6_000)}`;
      const readings = decodings(path);
      expect(readings.length).toBeLessThanOrEqual(3);
      for (const reading of readings) expect(reading.length).toBeLessThanOrEqual(path.length);
    }
  });

  it('looks at each character of a reading once: segments do not overlap', () => {
    for (const hard of HARD) {
      for (const reading of decodings(`/${hard(6_000)}`)) {
        const characters = segmentsOf(reading).reduce((sum, segment) => sum + segment.length, 0);
        expect(characters).toBeLessThanOrEqual(reading.length);
      }
    }
  });
});
