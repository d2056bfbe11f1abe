import { describe, expect, it } from 'vitest';
import { createLog, silentLog } from '../../../src/kernel/log.ts';
import { createHits, type Hit, type ShieldEvent } from '../../../src/shield/hits.ts';

const probe = (address: string, more: Partial<Hit> = {}): Hit => ({
  address,
  rule: 'dotfile',
  method: 'GET',
  path: '/.env',
  ...more,
});

/** Time that stands still until it is told to go on. */
function handClock() {
  let now = 1_000_000;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    monotonic: () => now,
    after(delayMs: number, run: () => void) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms: number) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
  };
}

function rig(options: { fails?: boolean; maxClients?: number } = {}) {
  const clock = handClock();
  const written: (readonly ShieldEvent[])[] = [];
  const logged: string[] = [];
  const hits = createHits({
    clock,
    log: options.fails ? createLog('warn', (line) => logged.push(line)) : silentLog,
    ...(options.maxClients === undefined ? {} : { maxClients: options.maxClients }),
    write: async (events) => {
      if (options.fails) throw new Error('database down');
      written.push(events);
    },
  });
  return { clock, written, logged, hits };
}

describe('hits', () => {
  it('of a thousand probes are one event per client and minute', async () => {
    const { clock, written, hits } = rig();
    for (let i = 0; i < 1_000; i++) {
      hits.note(probe(`203.0.113.${i % 2}`, { rule: i % 4 < 2 ? 'dotfile' : 'script', path: `/.env${i}` }));
    }
    expect(written).toEqual([]);
    clock.pass(59_999);
    expect(written).toEqual([]);
    clock.pass(1);
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject([
      {
        client: '203.0.113.0',
        total: 500,
        byRule: { dotfile: 250, script: 250 },
        sample: { path: '/.env0' },
      },
      {
        client: '203.0.113.1',
        total: 500,
        byRule: { dotfile: 250, script: 250 },
        sample: { path: '/.env1' },
      },
    ]);
  });

  it('of the next minute are counted anew, and a quiet minute writes nothing', () => {
    const { clock, written, hits } = rig();
    hits.note(probe('203.0.113.1'));
    clock.pass(60_000);
    clock.pass(600_000);
    expect(written).toHaveLength(1);
    hits.note(probe('203.0.113.1'));
    clock.pass(60_000);
    expect(written).toHaveLength(2);
    expect(written[1]).toMatchObject([{ total: 1 }]);
  });

  it('of one IPv6 customer are one client, however many addresses it uses', async () => {
    const { written, hits } = rig();
    for (let i = 0; i < 100; i++) hits.note(probe(`2001:db8:1:2:${i.toString(16)}::1`));
    hits.note(probe('2001:db8:1:3::1'));
    hits.note(probe('::ffff:203.0.113.9'));
    hits.note(probe('fe80::1%eth0'));
    hits.note(probe('unknown'));
    await hits.flush();
    expect(written[0]?.map(({ client, total }) => [client, total])).toEqual([
      ['2001:db8:1:2::/64', 100],
      ['2001:db8:1:3::/64', 1],
      ['203.0.113.9', 1],
      ['fe80::/64', 1],
      ['unknown', 1],
    ]);
  });

  it('of too many clients are counted together, so that memory is bounded', async () => {
    const { written, hits } = rig({ maxClients: 3 });
    for (let i = 0; i < 200; i++) hits.note(probe(`203.0.113.${i}`));
    hits.note(probe('203.0.113.1'));
    await hits.flush();
    expect(written[0]?.map(({ client, total }) => [client, total])).toEqual([
      ['203.0.113.0', 1],
      ['203.0.113.1', 2],
      ['203.0.113.2', 1],
      ['others', 197],
    ]);
  });

  it('show a sample that harms neither a database nor a terminal', async () => {
    const { written, hits } = rig();
    hits.note(probe('203.0.113.1', { path: `/\u0000\u001b[31m\ud800é${'x'.repeat(10_000)}` }));
    await hits.flush();
    const path = written[0]?.[0]?.sample.path ?? '';
    expect(path).toMatch(/^\/\?\?\[31m\?\?x+$/);
    expect(path.length).toBeLessThanOrEqual(200);
  });

  it('that cannot be written are lost but for a line in the log that counts them', async () => {
    const { clock, logged, hits } = rig({ fails: true });
    for (let i = 0; i < 7; i++) hits.note(probe('203.0.113.1'));
    await hits.flush();
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ level: 40, hits: 7, clients: 1 });
    hits.note(probe('203.0.113.1'));
    clock.pass(60_000);
    await hits.flush();
    expect(JSON.parse(logged[1] ?? '')).toMatchObject({ hits: 1 });
    expect(hits.metrics()).toContain('ajaxsecurflow_shield_refused_total{rule="dotfile"} 8\n');
  });

  it('are counters from the start, for every rule', () => {
    const { hits } = rig();
    expect(hits.metrics()).toContain('# TYPE ajaxsecurflow_shield_refused_total counter\n');
    expect(hits.metrics()).toContain('ajaxsecurflow_shield_refused_total{rule="request_timeout"} 0\n');
  });
});
