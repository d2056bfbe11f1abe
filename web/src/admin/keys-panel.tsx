import { For, type JSX } from 'solid-js';
import type { CoordinatorStatus } from '../api/types.ts';
import { writeMoment } from '../design/time.ts';
import '../design/rows.css';
import { writeCount } from '../plan/quota-words.ts';

type Key = CoordinatorStatus['keys'][number];

const stateOf = ({ state, closed_until }: Key): string => {
  if (state === 'failing') return 'Refused by Ajax, tried once a minute';
  return closed_until ? `Closed by Ajax until ${writeMoment(closed_until)}` : 'Works';
};

/** The API keys by their places in AJAX_API_KEYS, each with a budget of its own. */
export function KeysPanel(props: { readonly keys: readonly Key[] }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="keys-title">
      <h2 id="keys-title" class="panel__title">
        API keys
      </h2>
      <ol class="keys">
        <For each={props.keys}>
          {(key) => (
            <li class="row" data-state={key.state}>
              <p class="row__words">
                <strong>Key {key.place}</strong>
                <br />
                {stateOf(key)}
              </p>
              <p class="keys__figures">
                {key.used} of {key.limit} used, {writeCount(key.waiting)} waiting, {writeCount(key.sessions)}{' '}
                signed in
              </p>
            </li>
          )}
        </For>
      </ol>
    </section>
  );
}
