import { html } from 'hono/html';
import type { Kind } from '../catalogue.ts';
import { assertKnown, isEssential } from '../catalogue.ts';
import { mailWords, textOf } from '../texts/index.ts';
import type { Language } from '../texts/words.ts';
import type { Mail } from './mailer.ts';

export interface Rendering {
  readonly id: string;
  readonly recipient: string;
  readonly language: Language;
  readonly kind: Kind;
  readonly message: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Path of the dashboard. */
  readonly link: string | null;
}

export interface Sender {
  readonly name: string;
  /** Of the dashboard, without a slash at the end. */
  readonly publicUrl: string;
  readonly fromEmail: string;
  /** undefined: this mail cannot be unsubscribed from. */
  readonly unsubscribeUrl: string | undefined;
  readonly hasAccount: boolean;
}

const LONGEST_SUBJECT = 200;

/** A mail of a notification, as text and as HTML; every value is escaped. */
export async function renderMail(of: Rendering, sender: Sender): Promise<Mail> {
  assertKnown(of.kind, of.message, of.params);
  const { message, details, ...text } = textOf(of.language, of.kind, of.message, of.params);
  // A subject is one line.
  const title = text.title.replace(/\s+/g, ' ').trim().slice(0, LONGEST_SUBJECT);
  const words = mailWords(of.language);
  const url = of.link === null ? undefined : `${sender.publicUrl}${of.link}`;
  const unsubscribe = isEssential(of.kind) ? undefined : sender.unsubscribeUrl;
  const why = sender.hasAccount ? words.why(sender.name) : undefined;

  const plain = [
    message,
    details,
    url === undefined ? undefined : `${words.open}: ${url}`,
    ['--', sender.name, why, unsubscribe === undefined ? undefined : `${words.unsubscribe}: ${unsubscribe}`]
      .filter((line) => line !== undefined)
      .join('\n'),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');

  const page = await html`<!doctype html>
<html lang="${of.language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1c2733;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:8px">
<h1 style="margin:0 0 16px;font-size:20px">${title}</h1>
<p style="margin:0 0 16px">${message}</p>
${details === undefined ? '' : html`<p style="margin:0 0 16px;white-space:pre-wrap">${details}</p>`}
${url === undefined ? '' : html`<p style="margin:0 0 16px"><a href="${url}">${words.open}</a></p>`}
<p style="margin:24px 0 0;color:#5b6773;font-size:13px">${sender.name}${why === undefined ? '' : html`<br>${why}`}${
    unsubscribe === undefined ? '' : html`<br><a href="${unsubscribe}">${words.unsubscribe}</a>`
  }</p>
</div>
</body>
</html>
`;
  const from = of.params.from;
  return {
    to: of.recipient,
    // Whoever answers a request for support answers whoever wrote it.
    replyTo: of.kind === 'support' && typeof from === 'string' ? from : undefined,
    subject: title,
    text: `${plain}\n`,
    html: String(page),
    messageId: `<${of.id}@${sender.fromEmail.split('@').at(-1)}>`,
    headers:
      unsubscribe === undefined
        ? {}
        : {
            // RFC 8058: mail programs show a button of their own, which posts.
            'List-Unsubscribe': `<${unsubscribe}>`,
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          },
  };
}
