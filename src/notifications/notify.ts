import { z } from 'zod';
import { jobKind } from '../db/background.ts';
import type { Sql } from '../db/client.ts';
import { newId } from '../kernel/ids.ts';
import type { Kind, MessageOf, ParamsOf } from './catalogue.ts';
import { checkedParams } from './checked-params.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { sendMail } from './mail/send-mail.ts';
import type { Notify, NotifyAdministrators, Recipient } from './ports.ts';
import { isWanted } from './preferences.ts';
import { notifications } from './table.ts';

/** Brings a notification to the channels outside the dashboard. */
export const fanOutKind = jobKind({
  name: 'notification.fan-out',
  data: z.object({ notification: z.uuid() }),
});

/** In the dashboard only: what this tells of may be that the other channels are broken. */
export function createShow({ clock }: Pick<NotificationDependencies, 'clock'>) {
  return async <K extends Kind, M extends MessageOf<K>>(
    tx: Sql,
    accountId: string,
    kind: K,
    message: M,
    params: ParamsOf<K, M>,
    link?: string,
  ): Promise<string> => {
    const id = newId(clock.now());
    await tx.insert(notifications).values({
      id,
      accountId,
      kind,
      message,
      params: checkedParams(kind, message, params),
      link: link ?? null,
      inApp: await isWanted(tx, accountId, kind, 'in_app'),
      createdAt: new Date(clock.now()),
    });
    return id;
  };
}

export function createNotify(deps: NotificationDependencies): Notify {
  const show = createShow(deps);
  return async (tx, ...told) => {
    const id = await show(tx, ...told);
    await deps.enqueue(tx, fanOutKind, { notification: id });
  };
}

export function createNotifyAdministrators(deps: NotificationDependencies): NotifyAdministrators {
  const notify = createNotify(deps);
  return async (tx, kind, message, params, link) => {
    for (const { email, account } of await administratorsOf(deps, tx)) {
      if (account !== undefined) await notify(tx, account.accountId, kind, message, params, link);
      else await sendMail(deps, tx, { email, language: 'en' }, kind, message, params, link);
    }
  };
}

/** Everybody in ADMIN_EMAILS once, with their account if they have one. */
export async function administratorsOf(
  { config, accounts }: Pick<NotificationDependencies, 'config' | 'accounts'>,
  sql: Sql,
) {
  const emails = [...new Set(config.administrators.emails.map((email) => email.toLowerCase()))];
  const found: { readonly email: string; readonly account: Recipient | undefined }[] = [];
  for (const email of emails) found.push({ email, account: await accounts.findByEmail(sql, email) });
  return found;
}
