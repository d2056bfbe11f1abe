import { and, eq } from 'drizzle-orm';
import type { Sql } from '../db/client.ts';
import { type Channel, channels, isEssential, type Kind, kinds, usually } from './catalogue.ts';
import { notificationPreferences, notificationSettings } from './table.ts';
import type { Language } from './texts/words.ts';

export interface Preference {
  readonly kind: Kind;
  readonly channel: Channel;
  readonly enabled: boolean;
}

/** Every kind and channel, as the account has it. */
export async function readPreferences(sql: Sql, accountId: string): Promise<Preference[]> {
  const chosen = await sql
    .select()
    .from(notificationPreferences)
    .where(eq(notificationPreferences.accountId, accountId));
  return kinds.flatMap((kind) =>
    channels.map((channel) => {
      const own = chosen.find((row) => row.kind === kind && row.channel === channel);
      return { kind, channel, enabled: isEssential(kind) || (own?.enabled ?? usually(kind, channel)) };
    }),
  );
}

export async function isWanted(sql: Sql, accountId: string, kind: Kind, channel: Channel): Promise<boolean> {
  if (isEssential(kind)) return true;
  const [own] = await sql
    .select({ enabled: notificationPreferences.enabled })
    .from(notificationPreferences)
    .where(
      and(
        eq(notificationPreferences.accountId, accountId),
        eq(notificationPreferences.kind, kind),
        eq(notificationPreferences.channel, channel),
      ),
    );
  return own?.enabled ?? usually(kind, channel);
}

/** In an order of their own: two changes at once must not wait for each other. */
export async function writePreferences(
  tx: Sql,
  accountId: string,
  preferences: readonly Preference[],
): Promise<void> {
  const rows = [...new Map(preferences.map((row) => [`${row.kind} ${row.channel}`, row]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  for (const [, row] of rows) {
    await tx
      .insert(notificationPreferences)
      .values({ accountId, ...row })
      .onConflictDoUpdate({
        target: [
          notificationPreferences.accountId,
          notificationPreferences.kind,
          notificationPreferences.channel,
        ],
        set: { enabled: row.enabled },
      });
  }
}

/** What the account has chosen; undefined: as its browser says. */
export async function readLanguage(sql: Sql, accountId: string): Promise<Language | undefined> {
  const [row] = await sql
    .select({ language: notificationSettings.language })
    .from(notificationSettings)
    .where(eq(notificationSettings.accountId, accountId));
  return row?.language ?? undefined;
}

export async function writeLanguage(tx: Sql, accountId: string, language: Language | null): Promise<void> {
  await tx
    .insert(notificationSettings)
    .values({ accountId, language })
    .onConflictDoUpdate({ target: notificationSettings.accountId, set: { language } });
}

/** Others that call it for the same account wait until this transaction ends. */
export async function lockSettings(tx: Sql, accountId: string): Promise<void> {
  await tx
    .insert(notificationSettings)
    .values({ accountId })
    .onConflictDoUpdate({ target: notificationSettings.accountId, set: { accountId } });
}
