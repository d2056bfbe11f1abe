import { useSearchParams } from '@solidjs/router';
import { type JSX, Match, Switch } from 'solid-js';
import { Page } from '../design/page.tsx';
import { type View, Views } from '../design/views.tsx';
import { InboxPanel } from './inbox-panel.tsx';
import { PreferencesPanel } from './preferences-panel.tsx';
import { WebhooksPanel } from './webhooks-panel.tsx';
import './notifications.css';

type NotificationsView = 'inbox' | 'preferences' | 'webhooks';

const views: readonly View<NotificationsView>[] = [
  { view: 'inbox', label: 'All', href: '?' },
  { view: 'preferences', label: 'Settings', href: '?show=preferences' },
  { view: 'webhooks', label: 'Webhooks', href: '?show=webhooks' },
];

export function NotificationsPage(): JSX.Element {
  const [search] = useSearchParams<{ show?: string }>();
  const view = () => views.find(({ view }) => view === search.show)?.view ?? 'inbox';

  return (
    <Page title="Notifications" class="page--narrow">
      <h1 class="page__title">Notifications</h1>
      <div class="page__views">
        <Views label="Views of the notifications" views={views} current={view()} />
      </div>
      <Switch>
        <Match when={view() === 'inbox'}>
          <InboxPanel />
        </Match>
        <Match when={view() === 'preferences'}>
          <PreferencesPanel />
        </Match>
        <Match when={view() === 'webhooks'}>
          <WebhooksPanel />
        </Match>
      </Switch>
    </Page>
  );
}
