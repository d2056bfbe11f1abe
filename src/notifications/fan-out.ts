import { eq } from 'drizzle-orm';
import { type BackgroundJob, backgroundJob } from '../db/background.ts';
import type { Sql } from '../db/client.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { sendMail } from './mail/send-mail.ts';
import { fanOutKind } from './notify.ts';
import type { Recipient } from './ports.ts';
import { isWanted, readLanguage } from './preferences.ts';
import { notifications } from './table.ts';
import { languageOf } from './texts/index.ts';
import type { Language } from './texts/words.ts';
import { deliverToWebhooks } from './webhooks/deliver.ts';

/** Mails and webhooks of a notification, each as a job of its own, all or none. */
export function fanOutJob(deps: NotificationDependencies): BackgroundJob {
  const { database, accounts } = deps;
  return backgroundJob(fanOutKind, {
    handle: ({ notification: id }, { finish }) =>
      database.run(
        (sql) =>
          sql.transaction(async (tx) => {
            const [row] = await tx.select().from(notifications).where(eq(notifications.id, id));
            const recipient = row && (await accounts.find(tx, row.accountId));
            // Deleted since: nobody to tell.
            if (row !== undefined && recipient !== undefined) {
              const language = await languageOfAccount(tx, recipient);
              if (await isWanted(tx, row.accountId, row.kind, 'mail')) {
                const to = { email: recipient.email, language, accountId: row.accountId };
                await sendMail(deps, tx, to, row.kind, row.message, row.params, row.link);
              }
              await deliverToWebhooks(deps, tx, row, language);
            }
            await finish(tx);
          }),
        PATIENCE_MS,
      ),
  });
}

/** Nobody waits for it. */
const PATIENCE_MS = 20_000;

export async function languageOfAccount(sql: Sql, { accountId, language }: Recipient): Promise<Language> {
  return (await readLanguage(sql, accountId)) ?? languageOf(language);
}
