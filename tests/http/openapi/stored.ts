/** Rows the examples of the API's description name. */
import { eq } from 'drizzle-orm';
import { accounts } from '../../../src/identity/table.ts';
import { demoWorld, exampleUuid } from '../../../src/kernel/demo-world.ts';
import { notifications, webhookDeliveries, webhookEndpoints } from '../../../src/notifications/table.ts';
import { supportCounters, supportRequests } from '../../../src/support/table.ts';
import { storeDeadLetter } from '../../support/dead-letter.ts';
import type { TestGateway } from '../../support/gateway.ts';
import type { Operation } from './described.ts';

/** Puts there what an operation speaks of, of the account of the demo. */
export async function store({ database }: TestGateway, { path }: Operation): Promise<void> {
  const { sql } = database;
  const [account] = await sql.select().from(accounts).where(eq(accounts.email, demoWorld.login));
  const accountId = account?.id ?? exampleUuid;
  const id = exampleUuid;
  const createdAt = new Date('2026-08-01T09:30:00.000Z');
  if (path.includes('/dead-letters')) await storeDeadLetter(database, id);
  if (path.includes('/notifications')) {
    await sql.delete(notifications);
    const params = { address: '203.0.113.5', device: 'Browser', at: createdAt.toISOString() };
    const told = { kind: 'security', message: 'new_place', params, link: '/audit', inApp: true } as const;
    await sql.insert(notifications).values({ id, accountId, createdAt, ...told });
  }
  if (path.includes('/webhooks')) {
    await sql.delete(webhookEndpoints);
    await sql.insert(webhookEndpoints).values({
      ...{ id, accountId, createdAt, url: 'https://hooks.example.com/', description: '', enabled: true },
      ...{ kinds: ['security'], secretSealed: 'not opened here' },
    });
    await sql.insert(webhookDeliveries).values({
      ...{ id, endpointId: id, accountId, createdAt, type: 'webhook.test', body: '{}', state: 'delivered' },
    });
  }
  if (path.includes('/support')) {
    await sql.delete(supportCounters);
    await sql.delete(supportRequests);
    await sql.insert(supportRequests).values({
      ...{ id, accountId: null, createdAt, email: 'demo@ajaxsecurflow.dev', subject: 'Help' },
      ...{ message: 'Please', category: 'technical' },
    });
  }
}
