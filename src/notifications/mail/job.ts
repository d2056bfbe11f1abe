import { eq, sql as raw } from 'drizzle-orm';
import { type BackgroundJob, backgroundJob } from '../../db/background.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { isWanted } from '../preferences.ts';
import { outgoingMails } from '../table.ts';
import { type Mailer, MailRefused } from './mailer.ts';
import { renderMail } from './render.ts';
import { mailKind } from './send-mail.ts';
import { unsubscribeUrl } from './unsubscribe.ts';

/**
 * Sends one mail of the outbox. A process that dies between the server's answer and the end of the job sends it again,
 * with the same Message-ID: SMTP has no way to ask.
 */
export function mailJob(deps: NotificationDependencies, mailer: Mailer | undefined): BackgroundJob {
  const { config, database, clock } = deps;
  return backgroundJob(mailKind, {
    async handle({ mail: id }, { signal, finish, isLast }) {
      const mail = await database.run(async (sql) => {
        const [row] = await sql
          .update(outgoingMails)
          .set({ attempts: raw`${outgoingMails.attempts} + 1` })
          .where(eq(outgoingMails.id, id))
          .returning();
        if (row === undefined || row.sentAt !== null || row.failedAt !== null) return undefined;
        // Unsubscribed while it waited.
        const wanted = row.accountId === null || (await isWanted(sql, row.accountId, row.kind, 'mail'));
        return wanted ? row : undefined;
      });
      if (mail === undefined) return;
      if (mailer === undefined || config.mail === undefined)
        throw new Error('SMTP_HOST is not configured here');

      const set = (change: Partial<typeof outgoingMails.$inferInsert>) =>
        database.run((sql) =>
          sql.transaction(async (tx) => {
            await tx.update(outgoingMails).set(change).where(eq(outgoingMails.id, id));
            if (change.error === undefined || change.failedAt !== undefined) await finish(tx);
          }),
        );
      try {
        const accountId = mail.accountId;
        await mailer.send(
          await renderMail(mail, {
            name: config.projectName,
            publicUrl: config.publicUrl,
            fromEmail: config.mail.fromEmail,
            hasAccount: accountId !== null,
            unsubscribeUrl: accountId === null ? undefined : await unsubscribeUrl(deps, accountId, mail.kind),
          }),
          signal,
        );
      } catch (error) {
        const why = reasonOf(error);
        if (error instanceof MailRefused) {
          await set({ failedAt: new Date(clock.now()), error: why });
          return;
        }
        await set({ error: why });
        if (isLast) {
          await database.run((sql) =>
            sql
              .update(outgoingMails)
              .set({ failedAt: new Date(clock.now()) })
              .where(eq(outgoingMails.id, id)),
          );
        }
        throw error;
      }
      await set({ sentAt: new Date(clock.now()) });
    },
  });
}

/** Enough for an operator to know what to repair. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const { message, responseCode } = (cause instanceof Error ? cause : error) as {
    message: string;
    responseCode?: number;
  };
  return `${responseCode === undefined ? '' : `${responseCode} `}${message}`.slice(0, 300);
}
