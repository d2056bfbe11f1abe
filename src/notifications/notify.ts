import { z } from 'zod';
import { jobKind } from '../db/background.ts';
import { newId } from '../kernel/ids.ts';
import { checkedParams } from './checked-params.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { sendMail } from './mail/send-mail.ts';
import type { Notify, NotifyAdministrators } from './ports.ts';
import { isWanted } from './preferences.ts';
import { notifications } from './table.ts';

/** Brings a notification to the channels outside the dashboard. */
export const fanOutKind = jobKind({
  name: 'notification.fan-out',
  data: z.object({ notification: z.uuid() }),
});

export function createNotify({ clock, enqueue }: NotificationDependencies): Notify {
  return async (tx, accountId, kind, message, params, link) => {
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
    await enqueue(tx, fanOutKind, { notification: id });
  };
}

export function createNotifyAdministrators(deps: NotificationDependencies): NotifyAdministrators {
  const notify = createNotify(deps);
  return async (tx, kind, message, params, link) => {
    for (const email of administratorsOf(deps)) {
      const account = await deps.accounts.findByEmail(tx, email);
      if (account !== undefined) await notify(tx, account.accountId, kind, message, params, link);
      else await sendMail(deps, tx, { email, language: 'en' }, kind, message, params, link);
    }
  };
}

const administratorsOf = ({ config }: Pick<NotificationDependencies, 'config'>): string[] => [
  ...new Set(config.administrators.emails.map((email) => email.toLowerCase())),
];
