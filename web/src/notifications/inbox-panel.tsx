import { A } from '@solidjs/router';
import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { Notification } from '../api/types.ts';
import { Days } from '../design/days.tsx';
import { Icon, type IconName } from '../design/icons.tsx';
import { Notice, Trouble } from '../design/notice.tsx';
import { writeClock } from '../design/time.ts';
import { useSession } from '../session/session-context.ts';
import { createNotifications, type Notifications } from './create-notifications.ts';
import { useInbox } from './inbox-context.ts';

export function InboxPanel(): JSX.Element {
  const inbox = useInbox();
  const list = createNotifications(useSession().gateway, inbox);
  const unread = () => inbox.data()?.unread_count ?? 0;

  return (
    <section aria-label="Your notifications">
      <div class="inbox__tools">
        <label class="check">
          <input
            type="checkbox"
            checked={list.unreadOnly()}
            onChange={(event) => list.showUnreadOnly(event.currentTarget.checked)}
          />
          Unread only
        </label>
        <button
          type="button"
          class="button"
          disabled={unread() === 0}
          onClick={() => void list.markAllRead()}
        >
          Mark all as read
        </button>
      </div>
      <Switch fallback={<InboxSkeleton />}>
        <Match when={list.entries()?.length === 0}>
          <Notice icon="bell" title={list.unreadOnly() ? 'Nothing is unread' : 'Nothing yet'}>
            News about your plan, payments and the safety of your account shows up here.
          </Notice>
        </Match>
        <Match when={list.entries()}>
          {(entries) => (
            <Days entries={entries()} readAtMs={readAtMs} heading="h2">
              {(entry) => <NotificationRow entry={entry} list={list} />}
            </Days>
          )}
        </Match>
        <Match when={list.error()}>{null}</Match>
      </Switch>
      <Show when={list.error()}>
        <Trouble
          title={list.entries() ? 'That did not work' : 'The notifications could not be read'}
          error={list.error()}
          onRetry={list.loadMore}
        />
      </Show>
      <Show when={list.hasMore()}>
        <button
          type="button"
          class="button inbox__more"
          aria-disabled={list.isBusy()}
          onClick={list.loadMore}
        >
          {list.isBusy() ? 'Loading…' : 'Show older'}
        </button>
      </Show>
    </section>
  );
}

const readAtMs = ({ created_at }: Notification): number => Date.parse(created_at);

const toneIcon: Readonly<Record<Notification['type'], IconName>> = {
  info: 'bell',
  success: 'check',
  warning: 'alert',
  error: 'alert',
};

function NotificationRow(props: { readonly entry: Notification; readonly list: Notifications }): JSX.Element {
  return (
    <li class="row entry notification" data-unread={!props.entry.is_read}>
      <time class="entry__time" datetime={props.entry.created_at}>
        {writeClock(Date.parse(props.entry.created_at))}
      </time>
      <span class="row__icon entry__icon" data-tone={props.entry.type}>
        <Icon name={toneIcon[props.entry.type]} />
      </span>
      <span class="row__words">
        <span class="entry__title">
          <Show when={!props.entry.is_read}>
            <span class="visually-hidden">Unread: </span>
          </Show>
          <Show when={props.entry.link} fallback={props.entry.title}>
            {(link) => (
              <A
                href={link()}
                onClick={() => !props.entry.is_read && void props.list.markRead(props.entry.id)}
              >
                {props.entry.title}
              </A>
            )}
          </Show>
        </span>
        <span class="entry__from">{props.entry.message}</span>
      </span>
      <Show when={!props.entry.is_read}>
        <button
          type="button"
          class="icon-button"
          aria-label={`Mark as read: ${props.entry.title}`}
          onClick={() => void props.list.markRead(props.entry.id)}
        >
          <Icon name="check" />
        </button>
      </Show>
    </li>
  );
}

function InboxSkeleton(): JSX.Element {
  return (
    <div role="status">
      <span class="visually-hidden">Loading the notifications</span>
      <For each={[1, 2, 3, 4]}>{() => <div class="skeleton skeleton--row" />}</For>
    </div>
  );
}
