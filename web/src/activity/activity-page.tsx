import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { AuditEntry } from '../api/types.ts';
import { Days } from '../design/days.tsx';
import { Icon, type IconName } from '../design/icons.tsx';
import { Notice, Trouble } from '../design/notice.tsx';
import { Page } from '../design/page.tsx';
import { writeClock } from '../design/time.ts';
import { useSession } from '../session/session-context.ts';
import { type Activity, createActivity } from './create-activity.ts';
import { describeEntry, type EntryKind, resultLabel } from './describe-entry.ts';
import './activity.css';

export function ActivityPage(): JSX.Element {
  const activity = createActivity(useSession().gateway);

  return (
    <Page title="Activity" class="activity">
      <h1 class="page__title">Activity</h1>
      <p class="page__lead">
        Everything done with your account on this gateway, newest first. Every command is written down before
        it is sent.
      </p>
      <Switch fallback={<ActivitySkeleton />}>
        <Match when={activity.entries()?.length === 0}>
          <Notice icon="activity" title="Nothing has happened yet">
            Sign-ins and commands show up here.
          </Notice>
        </Match>
        <Match when={activity.entries()}>
          {(entries) => (
            <Days entries={entries()} readAtMs={readAtMs} heading="h2">
              {(entry) => <EntryRow entry={entry} activity={activity} />}
            </Days>
          )}
        </Match>
      </Switch>
      <Show when={activity.error()}>
        <Trouble
          title="The activity could not be read"
          error={activity.error()}
          onRetry={activity.loadMore}
        />
      </Show>
      <Show when={activity.hasMore()}>
        <button type="button" class="button" aria-disabled={activity.isBusy()} onClick={activity.loadMore}>
          {activity.isBusy() ? 'Loading…' : 'Show older'}
        </button>
      </Show>
    </Page>
  );
}

const readAtMs = ({ timestamp }: AuditEntry): number => Date.parse(timestamp);

const kindIcon: Readonly<Record<EntryKind, IconName>> = {
  arm: 'armed',
  night: 'night',
  disarm: 'disarmed',
  session: 'key',
  write: 'forward',
  read: 'online',
};

function EntryRow(props: { readonly entry: AuditEntry; readonly activity: Activity }): JSX.Element {
  const view = () => describeEntry(props.entry, props.activity.nameOfHub);
  return (
    <li class="row entry">
      <time class="entry__time" datetime={props.entry.timestamp}>
        {writeClock(Date.parse(props.entry.timestamp))}
      </time>
      <span class="row__icon entry__icon" data-kind={view().kind}>
        <Icon name={kindIcon[view().kind]} />
      </span>
      <span class="row__words">
        <span class="entry__title">{view().title}</span>
        <span class="entry__from">{props.entry.ip_address ? `from ${props.entry.ip_address}` : ''}</span>
      </span>
      <span class="entry__result" data-result={view().result}>
        {resultLabel[view().result]}
      </span>
    </li>
  );
}

function ActivitySkeleton(): JSX.Element {
  return (
    <div role="status">
      <span class="visually-hidden">Loading the activity</span>
      <For each={[1, 2, 3, 4, 5]}>{() => <div class="skeleton skeleton--row" />}</For>
    </div>
  );
}
