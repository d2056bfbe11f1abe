import { useSearchParams } from '@solidjs/router';
import { type JSX, Match, onMount, Show, Switch } from 'solid-js';
import { Notice, Trouble } from '../design/notice.tsx';
import { Page } from '../design/page.tsx';
import { type View, Views } from '../design/views.tsx';
import { useMe, useSession } from '../session/session-context.ts';
import { createAdmin } from './create-admin.ts';
import { DeadLettersPanel } from './dead-letters-panel.tsx';
import { OperationPanel } from './operation-panel.tsx';
import { SecretForm } from './secret-form.tsx';
import { SupportPanel } from './support-panel.tsx';
import { UsersPanel } from './users-panel.tsx';
import { VouchersPanel } from './vouchers-panel.tsx';
import './admin.css';

type AdminView = 'operation' | 'users' | 'vouchers' | 'messages' | 'jobs';

const views: readonly View<AdminView>[] = [
  { view: 'operation', label: 'Operation', href: '?' },
  { view: 'users', label: 'Users', href: '?show=users' },
  { view: 'vouchers', label: 'Vouchers', href: '?show=vouchers' },
  { view: 'messages', label: 'Messages', href: '?show=messages' },
  { view: 'jobs', label: 'Failed jobs', href: '?show=jobs' },
];

export function AdminPage(): JSX.Element {
  const me = useMe();
  return (
    <Page title="Administration" class="admin">
      <h1 class="page__title">Administration</h1>
      <Show
        when={me()?.is_administrator}
        fallback={
          <Notice icon="locked" title="Only for administrators">
            The operator of this gateway names them in its configuration.
          </Notice>
        }
      >
        <Admin />
      </Show>
    </Page>
  );
}

function Admin(): JSX.Element {
  const admin = createAdmin(useSession().gateway.admin);
  onMount(() => void admin.enter());
  const is = (access: ReturnType<typeof admin.access>) => admin.access() === access;

  return (
    <Switch fallback={<div class="skeleton skeleton--block panel" role="status" aria-label="Loading" />}>
      <Match when={is('open')}>
        <AdminViews />
      </Match>
      <Match when={is('secret')}>
        <SecretForm admin={admin} />
      </Match>
      <Match when={is('unreachable')}>
        <Trouble title="This cannot be read" error={admin.error()} onRetry={admin.enter} />
      </Match>
    </Switch>
  );
}

function AdminViews(): JSX.Element {
  const [search] = useSearchParams<{ show?: string }>();
  const view = () => views.find(({ view }) => view === search.show)?.view ?? 'operation';
  const is = (name: AdminView) => view() === name;
  return (
    <>
      <div class="page__views">
        <Views label="Views of the administration" views={views} current={view()} />
      </div>
      <Switch>
        <Match when={is('operation')}>
          <OperationPanel />
        </Match>
        <Match when={is('users')}>
          <UsersPanel />
        </Match>
        <Match when={is('vouchers')}>
          <VouchersPanel />
        </Match>
        <Match when={is('messages')}>
          <SupportPanel />
        </Match>
        <Match when={is('jobs')}>
          <DeadLettersPanel />
        </Match>
      </Switch>
    </>
  );
}
