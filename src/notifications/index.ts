import type { BackgroundJob } from '../db/background.ts';
import { createKeyedHash, createSealer } from '../kernel/crypto.ts';
import { createAlerts } from './alerts.ts';
import { cleanJob } from './clean.ts';
import type { NotificationDependencies } from './dependencies.ts';
import { fanOutJob } from './fan-out.ts';
import { mailJob } from './mail/job.ts';
import { createSmtpMailer } from './mail/mail.smtp.ts';
import { sendMail } from './mail/send-mail.ts';
import { createNotify, createNotifyAdministrators } from './notify.ts';
import type { SendMail } from './ports.ts';
import { notificationRoutes } from './routes.ts';
import { unsubscribeRoutes } from './unsubscribe-routes.ts';
import { webhookJob } from './webhooks/job.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { createLookup } from './webhooks/send-webhook.undici.ts';

export type { Kind, MessageOf, ParamsOf } from './catalogue.ts';
export type { AccountDirectory, Notify, NotifyAdministrators, Recipient, SendMail } from './ports.ts';
export { languageOf } from './texts/index.ts';

/** What accounts are told: in the dashboard, by mail and by webhook (docs/notifications.md). */
export async function createNotifications(
  deps: Omit<NotificationDependencies, 'sealer' | 'sign'> & { readonly secretKey: string },
) {
  const { secretKey, ...rest } = deps;
  const all: NotificationDependencies = {
    ...rest,
    sealer: await createSealer(secretKey, 'gateway:webhook-secrets'),
    sign: await createKeyedHash(secretKey, 'gateway:unsubscribe'),
  };
  const { config } = deps;
  const policy = { allowPrivate: config.webhooksAllowPrivate, lookup: createLookup() };
  const mailer = config.mail && createSmtpMailer(config.mail);
  const send: SendMail = (tx, ...mail) => sendMail(all, tx, ...mail);
  const jobs: readonly BackgroundJob[] = [
    fanOutJob(all),
    mailJob(all, mailer),
    webhookJob(all, policy),
    cleanJob(all),
  ];
  return {
    ...createAlerts(all),
    notify: createNotify(all),
    notifyAdministrators: createNotifyAdministrators(all),
    sendMail: send,
    jobs,
    routes: () => notificationRoutes(all),
    webhookRoutes: () => webhookRoutes(all, policy),
    unsubscribeRoutes: () => unsubscribeRoutes(all),
  };
}

export type Notifications = Awaited<ReturnType<typeof createNotifications>>;
