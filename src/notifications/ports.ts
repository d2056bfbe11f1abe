/** What notifications need of rooms above them, and what they are for others. */
import type { Sql } from '../db/client.ts';
import type { Kind, MessageOf, ParamsOf } from './catalogue.ts';
import type { Language } from './texts/words.ts';

export interface Recipient {
  readonly accountId: string;
  readonly email: string;
  /** Of their last sign-in, as far as the browser named one. */
  readonly language: string | undefined;
}

/** Who has an account; kept by identity. */
export interface AccountDirectory {
  find(sql: Sql, accountId: string): Promise<Recipient | undefined>;
  /** Compared without case; when the e-mail has changed hands, who signed in last. */
  findByEmail(sql: Sql, email: string): Promise<Recipient | undefined>;
}

/**
 * Tells an account something, in the transaction of what it is about: in the dashboard at once, by mail and webhook as
 * the account wants it, by jobs. `link` is a path of the dashboard, such as `/billing`.
 */
export type Notify = <K extends Kind, M extends MessageOf<K>>(
  tx: Sql,
  accountId: string,
  kind: K,
  message: M,
  params: ParamsOf<K, M>,
  link?: string,
) => Promise<void>;

/** The same for every administrator (ADMIN_EMAILS); whoever never signed in gets a mail. */
export type NotifyAdministrators = <K extends Kind, M extends MessageOf<K>>(
  tx: Sql,
  kind: K,
  message: M,
  params: ParamsOf<K, M>,
  link?: string,
) => Promise<void>;

/** Mails somebody who may have no account. */
export type SendMail = <K extends Kind, M extends MessageOf<K>>(
  tx: Sql,
  to: { readonly email: string; readonly language: Language; readonly accountId?: string | undefined },
  kind: K,
  message: M,
  params: ParamsOf<K, M>,
  link?: string,
) => Promise<void>;
