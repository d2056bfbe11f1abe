import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorRegistry, GatewayError, problemResponse } from '../../../src/kernel/errors.ts';
import { isCorrelationId, newId } from '../../../src/kernel/ids.ts';
import { createLog } from '../../../src/kernel/log.ts';
import { REDACTED, redact } from '../../../src/kernel/redact.ts';

describe('ids', () => {
  it('are UUIDs of version 7 that sort by time', () => {
    const ids = [1, 2_000, 1_700_000_000_000].map((now) => newId(now));
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(Number.parseInt((ids[2] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  });

  it.each(['', 'has space in it', 'line\nbreak-0001', 'x'.repeat(129), '<script>alert</script>'])(
    'refuse the correlation id %j',
    (value) => expect(isCorrelationId(value)).toBe(false),
  );
});

describe('redact', () => {
  it('removes secrets by name, however they are spelled, at any depth', () => {
    const cleaned = redact({
      passwordHash: 'x',
      'X-Session-Token': 'x',
      nested: [{ refresh_token: 'x', hub: 'kept' }],
      Authorization: 'x',
    });
    expect(cleaned).toEqual({
      passwordHash: REDACTED,
      'X-Session-Token': REDACTED,
      nested: [{ refresh_token: REDACTED, hub: 'kept' }],
      Authorization: REDACTED,
    });
  });

  it('ends on cycles', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(JSON.stringify(redact(cycle))).toContain('[deep]');
  });
});

describe('log', () => {
  it('writes one JSON line without secrets, and without the parameters of a failed query', () => {
    const lines: string[] = [];
    const log = createLog('info', (line) => lines.push(line));
    const failed = new Error('Failed query: select 1\nparams: sealed-token-value');
    log.error({ sessionToken: 'secret-1', error: failed, path: '/x' }, 'it failed');
    log.debug({}, 'not at this level');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('secret-1');
    expect(lines[0]).not.toContain('sealed-token-value');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'it failed',
      path: '/x',
      error: { name: 'Error' },
    });
  });
});

describe('errors', () => {
  it('answer as problem details that keep detail as text, with Retry-After in whole seconds', async () => {
    const response = problemResponse(
      new GatewayError('budget_exhausted', { retryAfterSeconds: 1.2 }),
      'corr-0001',
    );
    expect(response.status).toBe(429);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({
      type: 'urn:ajaxsecurflow:error:budget_exhausted',
      status: 429,
      code: 'budget_exhausted',
      retryable: true,
      detail: expect.any(String),
      action: expect.any(String),
      correlation_id: 'corr-0001',
    });
  });

  it('cannot have their standard members overwritten by extra ones', async () => {
    const error = new GatewayError('not_found', { members: { status: 200, code: 'fine', hub: 'x' } });
    expect(await problemResponse(error).json()).toMatchObject({ status: 404, code: 'not_found', hub: 'x' });
  });

  it('are all in docs/errors.md, with their status and what to do, and nothing else is', () => {
    const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (yes|no) \| (.+?) \| (.+?) \|$/gm)].map(
      (row) => row.slice(1),
    );
    const expected = Object.entries(errorRegistry).map(([code, { status, retryable, title, action }]) => [
      code,
      String(status),
      retryable ? 'yes' : 'no',
      title,
      action,
    ]);
    expect(rows).toEqual(expected);
  });
});
