import { For, type JSX, Match, Show, Switch } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import { explainError } from '../api/error-words.ts';
import type { HubEvent } from '../api/types.ts';
import { Days } from '../design/days.tsx';
import { Icon } from '../design/icons.tsx';
import { Notice, Trouble } from '../design/notice.tsx';
import { Freshness } from '../live/freshness.tsx';
import { Locked } from '../session/locked.tsx';
import type { Events } from './create-events.ts';
import { readEventAtMs } from './describe-event.ts';
import { EventRow } from './event-row.tsx';
import { keepEventsCurrent } from './keep-events-current.ts';
import './events.css';

export function EventsPanel(props: {
  /** Undefined when the plan does not include them. */
  readonly events: Events | undefined;
}): JSX.Element {
  return (
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title" class="visually-hidden">
        Events
      </h2>
      <Show when={props.events} fallback={<EventsLocked requiredPlan="basic" />}>
        {(events) => <EventLog events={events()} />}
      </Show>
    </section>
  );
}

function EventsLocked(props: { readonly requiredPlan: string }): JSX.Element {
  return (
    <Locked title="Event log" requiredPlan={props.requiredPlan}>
      Alarms, arming and faults: who, what and when.
    </Locked>
  );
}

function EventLog(props: { readonly events: Events }): JSX.Element {
  keepEventsCurrent(props.events);
  const refusal = (code: string) => {
    const error = props.events.error();
    return error instanceof ApiError && error.code === code ? error : undefined;
  };

  return (
    <Switch fallback={<EventsSkeleton />}>
      <Match when={refusal('plan_required')}>
        {(error) => <EventsLocked requiredPlan={error().requiredPlan ?? 'basic'} />}
      </Match>
      <Match when={refusal('upstream_forbidden')}>
        <Notice icon="locked" title="Your Ajax account may not see the events of this hub">
          Ask the administrator of the hub for the right to view them.
        </Notice>
      </Match>
      <Match when={props.events.entries()}>
        {(entries) => <Entries entries={entries()} events={props.events} />}
      </Match>
      <Match when={props.events.error()}>
        <Trouble
          title="The events could not be read"
          error={props.events.error()}
          onRetry={props.events.refresh}
        />
      </Match>
    </Switch>
  );
}

function Entries(props: { readonly entries: readonly HubEvent[]; readonly events: Events }): JSX.Element {
  return (
    <>
      <EventsBar events={props.events} />
      <Show
        when={props.entries.length > 0}
        fallback={
          <Notice icon="activity" title="Nothing has happened yet">
            Arming, alarms and faults of this hub show up here.
          </Notice>
        }
      >
        <Days entries={props.entries} readAtMs={readEventAtMs} heading="h3">
          {(event) => <EventRow event={event} />}
        </Days>
        <EarlierEvents events={props.events} />
      </Show>
    </>
  );
}

function EventsBar(props: { readonly events: Events }): JSX.Element {
  const { readAtMs, error } = props.events;
  return (
    <div class="events__bar">
      <Freshness live={{ readAtMs, error, staleSinceMs: () => undefined }} />
      <button
        type="button"
        class="icon-button"
        aria-label="Refresh the events"
        aria-disabled={props.events.isRefreshing()}
        onClick={() => !props.events.isRefreshing() && props.events.refresh()}
      >
        <Icon name="refresh" />
      </button>
    </div>
  );
}

function EarlierEvents(props: { readonly events: Events }): JSX.Element {
  let end: HTMLParagraphElement | undefined;
  async function loadEarlier(): Promise<void> {
    await props.events.loadEarlier();
    // The button is gone then, and with it the focus.
    end?.focus({ preventScroll: true });
  }

  return (
    <>
      <Show when={props.events.earlierError()}>
        {(error) => (
          <p class="events__trouble" role="alert">
            <Icon name="alert" />
            <span>Earlier events could not be read. {explainError(error())}</span>
          </p>
        )}
      </Show>
      <Show
        when={props.events.hasMore()}
        fallback={
          <p class="events__end" tabindex="-1" ref={end}>
            Ajax keeps nothing earlier.
          </p>
        }
      >
        <button
          type="button"
          class="button events__earlier"
          aria-disabled={props.events.isLoadingEarlier()}
          onClick={loadEarlier}
        >
          {props.events.isLoadingEarlier() ? 'Loading…' : 'Load earlier'}
        </button>
      </Show>
      <p class="visually-hidden" role="status">
        {`${props.events.entries()?.length ?? 0} events shown`}
      </p>
    </>
  );
}

function EventsSkeleton(): JSX.Element {
  return (
    <div role="status">
      <span class="visually-hidden">Loading the events</span>
      <For each={[1, 2, 3, 4, 5, 6, 7, 8]}>{() => <div class="skeleton skeleton--row" />}</For>
    </div>
  );
}
