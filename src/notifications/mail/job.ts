import { and, eq, isNull, sql as raw } from 'drizzle-orm';
import { type BackgroundJob, backgroundJob } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { isWanted } from '../preferences.ts';
import { outgoingMails } from '../table.ts';
import { type Mailer, MailRefused } from './mailer.ts';
import { renderMail } from './render.ts';
import { LONGEST_SECONDS, mailKind } from './send-mail.ts';
import { unsubscribeUrl } from './unsubscribe.ts';

/**
 * Sends one mail of the outbox. A process that dies between the server's answer and the end of the job sends it again,
 * with the same Message-ID: SMTP has no way to ask.
 */
export function mailJob(deps: NotificationDependencies, mailer: Mailer | undefined): BackgroundJob {
  const { config, database, clock, accounts, log } = deps;

  /** undefined: nothing is to be sent. One that was given up is back because an administrator wants it tried again. */
  const begin = (id: string) =>
    database.run(async (sql) => {
      const [row] = await sql
        .update(outgoingMails)
        .set({ attempts: raw`${outgoingMails.attempts} + 1`, failedAt: null })
        .where(and(eq(outgoingMails.id, id), isNull(outgoingMails.sentAt)))
        .returning();
      const accountId = row?.accountId ?? null;
      if (row === undefined || accountId === null) return row;
      // Unsubscribed, or gone, while it waited.
      const isWaitedFor =
        (await isWanted(sql, accountId, row.kind, 'mail')) && (await accounts.find(sql, accountId));
      return isWaitedFor ? row : undefined;
    });
  const note = (sql: Sql, id: string, change: Partial<typeof outgoingMails.$inferInsert>) =>
    sql.update(outgoingMails).set(change).where(eq(outgoingMails.id, id));

  return backgroundJob(mailKind, {
    async handle({ mail: id }, { signal, finish, isLast }) {
      const mail = await begin(id);
      if (mail === undefined) return;
      if (mailer === undefined || config.mail === undefined)
        throw new Error('SMTP_HOST is not configured here');

      const end = (change: Partial<typeof outgoingMails.$inferInsert>) =>
        database.run(
          (sql) =>
            sql.transaction(async (tx) => {
              await note(tx, id, change);
              await finish(tx);
            }),
          PATIENCE_MS,
        );
      const sender = {
        name: config.projectName,
        publicUrl: config.publicUrl,
        fromEmail: config.mail.fromEmail,
        hasAccount: mail.accountId !== null,
        unsubscribeUrl:
          mail.accountId === null ? undefined : await unsubscribeUrl(deps, mail.accountId, mail.kind),
      };
      try {
        const over = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_SECONDS * 1000)]);
        await mailer.send(await renderMail(mail, sender), over);
      } catch (error) {
        const why = reasonOf(error);
        const now = new Date(clock.now());
        if (error instanceof MailRefused) {
          log.warn({ mail: id, reason: why }, 'the mail server refuses a mail for good');
          await end({ failedAt: now, error: why });
          return;
        }
        await database.run((sql) => note(sql, id, { error: why, ...(isLast ? { failedAt: now } : {}) }));
        throw error;
      }
      const sent = { sentAt: new Date(clock.now()) };
      // Another attempt may have the job by now, and must know all the same.
      await end(sent).catch(() => database.run((sql) => note(sql, id, sent), PATIENCE_MS));
    },
  });
}

/** Nobody waits for it, and what is not written down is sent again. */
const PATIENCE_MS = 20_000;

/** Enough for an operator to know what to repair. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const { message, responseCode } = (cause instanceof Error ? cause : error) as {
    message: string;
    responseCode?: number;
  };
  return `${responseCode === undefined ? '' : `${responseCode} `}${message}`.slice(0, 300);
}
