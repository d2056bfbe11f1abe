import { For, type JSX, Match, Switch } from 'solid-js';
import type { Hub } from '../api/types.ts';
import { BudgetPanel } from '../budget/budget-panel.tsx';
import { Notice, Trouble } from '../design/notice.tsx';
import { Page } from '../design/page.tsx';
import { Freshness } from '../live/freshness.tsx';
import { useSession } from '../session/session-context.ts';
import { createHubs } from './create-hubs.ts';
import { writeHeadline } from './headline.ts';
import { HubCard } from './hub-card.tsx';
import './hubs.css';

export function HubsPage(): JSX.Element {
  const { gateway } = useSession();
  const hubs = createHubs(gateway);

  return (
    <Page title="Hubs" class="hubs">
      <Switch fallback={<HubsSkeleton />}>
        <Match when={hubs.data()?.length === 0}>
          <h1 class="headline">No hubs yet.</h1>
          <Notice icon="hubs" title="Your Ajax account has no hub">
            Add one in the Ajax app; it shows up here by itself.
          </Notice>
        </Match>
        <Match when={hubs.data()}>{(list) => <HubCards hubs={list()} />}</Match>
        <Match when={hubs.error()}>
          <h1 class="headline">Your hubs are out of sight.</h1>
          <Trouble title="The hubs could not be read" error={hubs.error()} onRetry={hubs.refresh} />
        </Match>
      </Switch>
      <Freshness live={hubs} />
      <section class="line-panel" aria-labelledby="line-title">
        <div>
          <h2 id="line-title" class="line-panel__title">
            Shared line to Ajax
          </h2>
          <p class="line-panel__text">
            Everyone on this gateway shares one line. Commands always go first, so arming never queues behind
            reading.
          </p>
        </div>
        <BudgetPanel />
      </section>
    </Page>
  );
}

function HubCards(props: { readonly hubs: readonly Hub[] }): JSX.Element {
  return (
    <>
      <h1 class="headline" aria-live="polite">
        {writeHeadline(props.hubs)}
      </h1>
      <ul class="hubs__list" classList={{ 'hubs__list--single': props.hubs.length === 1 }}>
        <For each={props.hubs}>
          {(hub) => (
            <li>
              <HubCard hub={hub} />
            </li>
          )}
        </For>
      </ul>
    </>
  );
}

function HubsSkeleton(): JSX.Element {
  return (
    <div role="status">
      <h1 class="visually-hidden">Loading your hubs</h1>
      <div class="skeleton skeleton--headline" />
      <div class="hubs__list">
        <For each={[1, 2, 3]}>{() => <div class="skeleton skeleton--card" />}</For>
      </div>
    </div>
  );
}
