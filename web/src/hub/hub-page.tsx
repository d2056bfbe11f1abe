import { A, useParams, useSearchParams } from '@solidjs/router';
import { type JSX, Match, Show, Switch } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import type { Hub } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { Notice, Trouble } from '../design/notice.tsx';
import { Page } from '../design/page.tsx';
import { Freshness } from '../live/freshness.tsx';
import { useMe, useSession } from '../session/session-context.ts';
import { ArmingDialog } from './arming-dialog.tsx';
import { createHub, type HubControl } from './create-hub.ts';
import { DevicesPanel } from './devices-panel.tsx';
import { EventsPanel } from './events-panel.tsx';
import { GroupsPanel } from './groups-panel.tsx';
import { HubFacts } from './hub-facts.tsx';
import { HubHero } from './hub-hero.tsx';
import { HubViews } from './hub-views.tsx';
import '../design/rows.css';
import './hub.css';

export function HubPage(): JSX.Element {
  const params = useParams<{ hubId: string }>();
  const me = useMe();
  // Keyed: another hub, or another plan, is another page with readings and orders of its own.
  return (
    <Show when={`${me()?.subscription_plan} ${params.hubId}`} keyed>
      {(_key) => <OneHub hubId={params.hubId} />}
    </Show>
  );
}

function OneHub(props: { readonly hubId: string }): JSX.Element {
  const control = createHub(useSession(), props.hubId);
  const isMissing = () => {
    const error = control.hub.error();
    return error instanceof ApiError && error.status === 404;
  };

  return (
    <Page title={control.hub.data()?.name ?? 'Hub'} class="hub">
      <A class="back-link" href="/">
        <Icon name="back" />
        All hubs
      </A>
      <Switch fallback={<HubSkeleton />}>
        <Match when={control.hub.data()}>{(hub) => <HubParts hub={hub()} control={control} />}</Match>
        <Match when={isMissing()}>
          <h1 class="page__title">Hub not found</h1>
          <Notice icon="unknown" title="Your account has no such hub">
            It may have been removed, or belong to another account.
          </Notice>
        </Match>
        <Match when={control.hub.error()}>
          <h1 class="page__title">Hub</h1>
          <Trouble
            title="The hub could not be read"
            error={control.hub.error()}
            onRetry={control.hub.refresh}
          />
        </Match>
      </Switch>
    </Page>
  );
}

function HubParts(props: { readonly hub: Hub; readonly control: HubControl }): JSX.Element {
  const [search] = useSearchParams<{ show?: string }>();
  const view = () => (search.show === 'events' ? 'events' : 'devices');

  return (
    <>
      <HubHero hub={props.hub} control={props.control} />
      <Freshness live={props.control.hub} />
      <GroupsPanel hub={props.hub} control={props.control} />
      <div class="hub__columns">
        <div class="hub__view">
          <HubViews current={view()} />
          <Show when={view() === 'events'} fallback={<DevicesPanel control={props.control} />}>
            <EventsPanel events={props.control.events} />
          </Show>
        </div>
        <HubFacts hub={props.hub} />
      </div>
      <ArmingDialog
        arming={props.control.arming}
        hubName={props.hub.name}
        devices={props.control.devices?.data() ?? []}
      />
    </>
  );
}

function HubSkeleton(): JSX.Element {
  return (
    <div role="status">
      <h1 class="visually-hidden">Loading the hub</h1>
      <div class="skeleton skeleton--hero" />
      <div class="skeleton skeleton--headline" />
      <div class="skeleton skeleton--block" />
    </div>
  );
}
