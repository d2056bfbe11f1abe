export interface Mail {
  readonly to: string;
  readonly replyTo?: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same in every attempt, so that a mail sent twice can be told to be one. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends mail, at most once per call. */
export interface Mailer {
  /** @throws MailRefused when trying again makes no sense; anything else when it does */
  send(mail: Mail, signal: AbortSignal): Promise<void>;
}

/** The server will never take this mail. */
export class MailRefused extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'MailRefused';
  }
}
