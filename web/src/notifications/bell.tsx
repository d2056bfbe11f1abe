import { A } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import { Icon } from '../design/icons.tsx';
import { useInbox } from './inbox-context.ts';
import './notifications.css';

/** How many notifications are unread, on every page. */
export function Bell(): JSX.Element {
  const inbox = useInbox();
  const unread = () => inbox.data()?.unread_count ?? 0;
  return (
    <A class="bell icon-button" href="/notifications">
      <Icon name="bell" />
      <span class="visually-hidden">Notifications{unread() > 0 ? `, ${unread()} unread` : ''}</span>
      <Show when={unread() > 0}>
        <span class="bell__count" aria-hidden="true">
          {unread() > 99 ? '99+' : unread()}
        </span>
      </Show>
    </A>
  );
}
