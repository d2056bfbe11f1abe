import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGateway, post, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway.close());

describe('the trail of a refused sign-in', () => {
  const trailOf = async () =>
    JSON.stringify(await gateway.database.sql.execute(sql`select payload from audit_records order by id`));

  it('holds no plain hash of what was typed as e-mail: it may have been the password, and Ajax asks for no more', async () => {
    const typed = 'correct horse battery staple';
    const response = await gateway.fetch('/api/v1/auth/token', post({ username: typed, password: 'x' }));
    expect(response.status).toBe(401);
    const trail = await trailOf();
    expect(trail).toContain('login_hash');
    for (const algorithm of ['sha256', 'sha1', 'md5', 'sha512'])
      expect(trail).not.toContain(createHash(algorithm).update(typed).digest('hex'));
  });

  it('tells whether two were for the same e-mail', async () => {
    for (const username of ['Somebody@example.com ', 'somebody@example.com', 'other@example.com'])
      await gateway.fetch('/api/v1/auth/token', post({ username, password: 'x' }));
    const hashes = [...(await trailOf()).matchAll(/"login_hash\\?":\s*\\?"([0-9a-f]+)/g)].map(
      ([, hash]) => hash,
    );
    const [first, second, third] = hashes.slice(-3);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});
