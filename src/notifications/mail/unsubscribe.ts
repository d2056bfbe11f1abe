import { secretCheck } from '../../kernel/crypto.ts';
import { isEssential, type Kind, kinds } from '../catalogue.ts';
import type { NotificationDependencies } from '../dependencies.ts';

type Signing = Pick<NotificationDependencies, 'config' | 'sign'>;

/** Works without a session, for this account and kind only, and does not expire: mails are old when they annoy. */
export async function unsubscribeUrl(
  { config, sign }: Signing,
  accountId: string,
  kind: Kind,
): Promise<string> {
  const claim = `${accountId}.${kind}`;
  return `${config.publicUrl}/api/v1/mail/unsubscribe/${claim}.${await sign(claim)}`;
}

/** @returns undefined for a token that is not one of ours */
export async function readUnsubscribeToken(
  { sign }: Pick<Signing, 'sign'>,
  token: string,
): Promise<{ readonly accountId: string; readonly kind: Kind } | undefined> {
  const [accountId = '', name = '', signature = ''] = token.split('.');
  const kind = kinds.find((each) => each === name);
  const isOurs = secretCheck(await sign(`${accountId}.${name}`))(signature);
  return isOurs && kind !== undefined && !isEssential(kind) ? { accountId, kind } : undefined;
}
