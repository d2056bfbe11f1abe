import { answerOf, inEnglish, type Reading, type ReadOptions, read } from './answer.ts';
import type { Client } from './client.ts';
import type { Notification, NotificationSummary, Preference, Preferences } from './types.ts';

export interface NotificationPage {
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly before?: string | undefined;
  readonly unreadOnly: boolean;
}

export interface PreferencesChange {
  readonly language?: Preferences['language'];
  readonly preferences?: readonly Pick<Preference, 'kind' | 'channel' | 'enabled'>[];
}

/** None of these calls reaches Ajax. */
export interface NotificationCalls {
  summary(options?: ReadOptions): Promise<Reading<NotificationSummary>>;
  /** Newest first. */
  list(page: NotificationPage): Promise<readonly Notification[]>;
  markRead(id: string): Promise<Notification>;
  markAllRead(): Promise<void>;
  preferences(options?: ReadOptions): Promise<Reading<Preferences>>;
  /** What is not named stays as it is. */
  changePreferences(change: PreferencesChange): Promise<Preferences>;
}

export const createNotificationCalls = ({ notifications }: Client): NotificationCalls => ({
  summary: (options) => read(notifications.summary.$get({}, inEnglish(options))),
  list: ({ limit, before, unreadOnly }) =>
    answerOf(
      notifications.$get(
        {
          query: {
            limit: String(limit),
            unread_only: unreadOnly ? 'true' : 'false',
            ...(before && { before }),
          },
        },
        inEnglish(),
      ),
    ),
  markRead: (id) => answerOf(notifications[':id'].read.$post({ param: { id } }, inEnglish())),
  markAllRead: async () => {
    await answerOf(notifications['mark-all-read'].$post());
  },
  preferences: (options) => read(notifications.preferences.$get({}, inEnglish(options))),
  changePreferences: ({ language, preferences }) =>
    answerOf(
      notifications.preferences.$put({
        json: {
          ...(language !== undefined && { language }),
          ...(preferences && { preferences: [...preferences] }),
        },
      }),
    ),
});
