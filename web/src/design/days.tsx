import { createMemo, For, type JSX } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { groupByDay } from './group-by-day.ts';
import './rows.css';
import './timeline.css';

/** Entries under the day they are of, newest first as they come. What did not change stays the same element. */
export function Days<T>(props: {
  readonly entries: readonly T[];
  readonly readAtMs: (entry: T) => number | undefined;
  /** Of the days, as the page is divided. */
  readonly heading: 'h2' | 'h3';
  /** One row: a list item. */
  readonly children: (entry: T) => JSX.Element;
}): JSX.Element {
  // By name: a refresh that brings one entry leaves all other rows as they are.
  const days = createMemo(
    () =>
      new Map(
        groupByDay(props.entries, props.readAtMs, Date.now()).map(({ day, entries }) => [day, entries]),
      ),
  );
  return (
    <For each={[...days().keys()]}>
      {(day) => (
        <section class="day" aria-label={day}>
          <Dynamic component={props.heading} class="rows__name">
            {day}
          </Dynamic>
          <ol class="day__entries">
            <For each={days().get(day)}>{(entry) => props.children(entry)}</For>
          </ol>
        </section>
      )}
    </For>
  );
}
