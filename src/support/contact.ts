import type { AuditTrail } from '../audit/index.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/client.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RequestFacts } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { networkOf } from '../kernel/network.ts';
import { storable } from '../kernel/storable.ts';
import { languageOf, type Notifications } from '../notifications/index.ts';
import { countRequest, countStranger } from './limit.ts';
import { supportRequests } from './table.ts';

export interface SupportDependencies {
  readonly config: Config;
  readonly database: Database;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly notifications: Notifications;
  /** Of a sender: neither accounts nor addresses are in the counters. */
  readonly hashSender: (sender: string) => Promise<string>;
}

export interface Contact {
  readonly subject: string;
  readonly message: string;
  readonly category: string;
  readonly email: string | undefined;
  readonly wantsConfirmation: boolean;
}

interface From {
  readonly caller: Caller | undefined;
  readonly facts: RequestFacts;
  readonly endpoint: string;
  readonly acceptLanguage: string | undefined;
}

/**
 * Stores what somebody wrote, tells the administrators, and confirms it by mail; all in one transaction.
 * @throws GatewayError invalid_request without an e-mail to answer to, support_limit_reached
 */
export async function contact(
  { database, trail, clock, notifications, hashSender }: SupportDependencies,
  { subject, message, category, wantsConfirmation, ...rest }: Contact,
  { caller, facts, endpoint, acceptLanguage }: From,
): Promise<void> {
  const email = rest.email ?? caller?.email;
  if (email === undefined) throw emailMissing();
  // Without a session anybody can name anybody's e-mail: this must be no way to fill a mailbox.
  const senders =
    caller === undefined
      ? [`address ${networkOf(facts.clientAddress)}`, `email ${email.toLowerCase()}`]
      : [`account ${caller.accountId}`];
  const keys = (await Promise.all(senders.map(hashSender))).sort();
  const text = storable(message) as string;

  await database.run((sql) =>
    sql.transaction(async (tx) => {
      const now = new Date(clock.now());
      for (const key of keys) await countRequest(tx, key, now);
      const isTold = caller !== undefined || (await countStranger(tx, now));
      const id = newId(clock.now());
      await tx.insert(supportRequests).values({
        ...{ id, email, subject, category, message: text },
        accountId: caller?.accountId ?? null,
        createdAt: now,
      });
      await trail.event(
        tx,
        { action: 'support.contact', method: 'POST', endpoint, resourceId: id, payload: { category } },
        facts,
        caller,
        { outcome: 'done', statusCode: 200 },
      );
      if (!isTold) return;
      const request = { subject, category, from: email, text };
      await notifications.notifyAdministrators(tx, 'support', 'request', request, '/admin');
      if (!wantsConfirmation) return;
      const language = languageOf(acceptLanguage);
      if (caller === undefined) {
        // Nothing of what a stranger typed is mailed to an address a stranger named.
        await notifications.sendMail(tx, { email, language }, 'support', 'received_from_stranger', {});
      } else {
        const to = { email: caller.email, language, accountId: caller.accountId };
        await notifications.sendMail(tx, to, 'support', 'received', { subject });
      }
    }),
  );
}

function emailMissing(): GatewayError {
  const msg = 'Expected an e-mail address to answer to, without a session';
  const loc = ['body', 'email'];
  return new GatewayError('invalid_request', {
    detail: `${loc.join('.')}: ${msg}`,
    errors: [{ loc, msg, type: 'custom' }],
  });
}
