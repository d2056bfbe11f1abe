import { lt } from 'drizzle-orm';
import { z } from 'zod';
import { type BackgroundJob, backgroundJob, jobKind } from '../db/background.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { notifications, outgoingMails, webhookDeliveries } from './table.ts';

const DAY_MS = 86_400_000;
const NOTIFICATIONS_MS = 180 * DAY_MS;
/** Outbox and log of deliveries. */
const SENT_MS = 30 * DAY_MS;

const cleanKind = jobKind({ name: 'notification.clean', data: z.object({}) });

/** Deletes what is old, once a day. */
export function cleanJob({ database, clock }: NotificationDependencies): BackgroundJob {
  return backgroundJob(cleanKind, {
    schedule: '17 3 * * *',
    async handle() {
      const before = (ms: number) => new Date(clock.now() - ms);
      const run = (work: Parameters<typeof database.run<unknown>>[0]) => database.run(work, 30_000);
      await run((sql) =>
        sql.delete(notifications).where(lt(notifications.createdAt, before(NOTIFICATIONS_MS))),
      );
      await run((sql) => sql.delete(outgoingMails).where(lt(outgoingMails.createdAt, before(SENT_MS))));
      await run((sql) =>
        sql.delete(webhookDeliveries).where(lt(webhookDeliveries.createdAt, before(SENT_MS))),
      );
    },
  });
}
