import { For, type JSX, Match, Show, Switch } from 'solid-js';
import { Trouble } from '../design/notice.tsx';
import type { Pages } from './create-pages.ts';

/** The rows of a paged list, with what stands there while there are none. */
export function Paged<T>(props: {
  readonly pages: Pages<T>;
  readonly empty: string;
  readonly trouble: string;
  readonly children: (entry: T) => JSX.Element;
}): JSX.Element {
  return (
    <>
      <Switch fallback={<div class="skeleton skeleton--block" />}>
        <Match when={props.pages.entries()?.length === 0}>
          <p class="panel__text">{props.empty}</p>
        </Match>
        <Match when={props.pages.entries()}>
          {(entries) => (
            <ul class="items">
              <For each={entries()}>{props.children}</For>
            </ul>
          )}
        </Match>
        <Match when={props.pages.error()}>{null}</Match>
      </Switch>
      <Show when={props.pages.error()}>
        <Trouble title={props.trouble} error={props.pages.error()} onRetry={props.pages.reload} />
      </Show>
      <Show when={props.pages.hasMore()}>
        <button
          type="button"
          class="button paged__more"
          aria-disabled={props.pages.isBusy()}
          onClick={props.pages.loadMore}
        >
          {props.pages.isBusy() ? 'Loading…' : 'Show more'}
        </button>
      </Show>
    </>
  );
}
