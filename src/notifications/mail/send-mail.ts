import { z } from 'zod';
import { jobKind } from '../../db/background.ts';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../kernel/ids.ts';
import type { Kind } from '../catalogue.ts';
import { checkedParams } from '../checked-params.ts';
import type { NotificationDependencies } from '../dependencies.ts';
import { outgoingMails } from '../table.ts';
import type { Language } from '../texts/words.ts';

/** From connecting to the server's last word. */
export const LONGEST_SECONDS = 240;

export const mailKind = jobKind({
  name: 'mail.send',
  data: z.object({ mail: z.uuid() }),
  timeoutSeconds: LONGEST_SECONDS + 60,
  concurrency: 4,
  // Servers may be slow about one recipient: nobody's mails keep those of others waiting.
  onePerGroup: true,
});

export interface MailRecipient {
  readonly email: string;
  readonly language: Language;
  readonly accountId?: string | undefined;
}

/** Puts a mail into the outbox, in the caller's transaction; nothing where no mail server is configured. */
export async function sendMail(
  { config, clock, enqueue }: Pick<NotificationDependencies, 'config' | 'clock' | 'enqueue'>,
  tx: Sql,
  to: MailRecipient,
  kind: Kind,
  message: string,
  params: unknown,
  link?: string | null,
): Promise<void> {
  if (config.mail === undefined) return;
  const id = newId(clock.now());
  await tx.insert(outgoingMails).values({
    id,
    accountId: to.accountId ?? null,
    recipient: to.email,
    language: to.language,
    kind,
    message,
    params: checkedParams(kind, message, params),
    link: link ?? null,
    createdAt: new Date(clock.now()),
  });
  await enqueue(tx, mailKind, { mail: id }, { group: to.email.toLowerCase() });
}
