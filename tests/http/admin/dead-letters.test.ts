import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../src/kernel/ids.ts';
import { storeDeadLetter } from '../../support/dead-letter.ts';
import { createTestGateway, type SignedInClient, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let owner: SignedInClient;
let stranger: SignedInClient;
let id: string;

beforeAll(async () => {
  gateway = await createTestGateway({ env: { ADMIN_EMAILS: 'demo@ajaxsecurflow.dev' } });
  [owner, stranger] = [await gateway.signIn(0), await gateway.signIn(2)];
});
afterAll(() => gateway.close());
beforeEach(async () => {
  id = newId();
  await storeDeadLetter(gateway.database, id);
});

const PATH = '/api/v1/admin/dead-letters';
const retry = (who: SignedInClient, letter = id) => who.fetch(`${PATH}/${letter}/retry`, { method: 'POST' });
const remove = (who: SignedInClient, letter = id) => who.fetch(`${PATH}/${letter}`, { method: 'DELETE' });
const list = (query = '?limit=100') => owner.json<{ id: string }[]>(`${PATH}${query}`);
const isListed = async () => (await list()).some((letter) => letter.id === id);

describe('dead letters 200', () => {
  it('are listed with what they were about and why they failed, page by page', async () => {
    const second = newId();
    await storeDeadLetter(gateway.database, second);
    const letters = await list();
    expect(letters.find((letter) => letter.id === id)).toEqual({
      id,
      kind: 'example',
      data: { delivery: 'an id' },
      attempts: 11,
      created_at: expect.any(String),
      failed_at: expect.any(String),
      reason: 'On purpose',
    });
    const pages = [await list('?limit=1')];
    while (pages.at(-1)?.length === 1) pages.push(await list(`?limit=1&after=${pages.at(-1)?.[0]?.id}`));
    expect(pages.flat()).toEqual(letters);
    expect(await list(`?after=${newId()}`)).toEqual([]);
  });

  it.each([
    ['retried', 'dead_letter.retry', retry],
    ['given up', 'dead_letter.delete', remove],
  ] as const)('are %s once, and that is in the trail as %s', async (_what, action, act) => {
    const response = await act(owner);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, kind: 'example' });
    expect(await isListed()).toBe(false);
    const [row] = await owner.json<object[]>('/api/v1/security/audit-logs?limit=1');
    expect(row).toMatchObject({ action, resource_id: id, payload: { kind: 'example' }, outcome: 'done' });

    const again = await act(owner);
    expect(again.status).toBe(404);
    expect(await again.json()).toMatchObject({ code: 'dead_letter_not_found' });
    expect(await owner.json('/api/v1/security/audit-logs?limit=1')).toEqual([row]);
  });

  it('are retried by one of ten administrators who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => retry(owner)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
  });
});

describe('dead letters 403', () => {
  it('for anybody who is no administrator, and nothing changes', async () => {
    for (const response of [await stranger.fetch(PATH), await retry(stranger), await remove(stranger)]) {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'administrator_required' });
    }
    expect(await isListed()).toBe(true);
  });
});

describe('dead letters 422', () => {
  it.each(['?limit=0', '?limit=101', '?limit=x', '?after=1'])('for %s', async (query) => {
    expect((await owner.fetch(`${PATH}${query}`)).status).toBe(422);
  });
});
