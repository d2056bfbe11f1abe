import { createTransport } from 'nodemailer';
import type { MailConfig } from '../../config.ts';
import { type Mailer, MailRefused } from './mailer.ts';

const CONNECT_MS = 10_000;
/**
 * Servers look into a mail before they say that they have taken it. Who does not wait sends it again (RFC 5321 section
 * 4.5.3.2.6 asks for 10 minutes; this is a compromise with those that will never answer).
 */
const SILENCE_MS = 120_000;

/** One connection per mail: there are few, and servers close idle ones. */
export function createSmtpMailer(config: MailConfig): Mailer {
  const implicitTls = config.tls && config.port === 465;
  const options = {
    host: config.host,
    port: config.port,
    secure: implicitTls,
    requireTLS: config.tls && !implicitTls,
    ignoreTLS: !config.tls,
    ...(config.user === undefined ? {} : { auth: { user: config.user, pass: config.password ?? '' } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // Texts are texts, never names of files or addresses to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    async send(mail, signal) {
      signal.throwIfAborted();
      try {
        await createTransport(options).sendMail({
          // Closes the connection, in whatever it is: whoever is told that it failed sends it again.
          signal,
          from: { name: config.fromName, address: config.fromEmail },
          to: { name: '', address: mail.to },
          ...(mail.replyTo === undefined ? {} : { replyTo: { name: '', address: mail.replyTo } }),
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: mail.messageId,
          headers: { ...mail.headers, 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        throw isFinal(error) ? new MailRefused('The mail server refuses this mail', error) : error;
      }
    },
  };
}

/** 5xx about the recipient or the message (RFC 5321 section 4.2.1). About the login it is the operator's to repair. */
function isFinal(error: unknown): boolean {
  const { responseCode, command, code } = error as { responseCode?: number; command?: string; code?: string };
  if (code === 'EAUTH' || code === 'ETLS') return false;
  const isOfMail = command === 'RCPT TO' || command === 'DATA';
  return isOfMail && responseCode !== undefined && responseCode >= 500 && responseCode < 600;
}
