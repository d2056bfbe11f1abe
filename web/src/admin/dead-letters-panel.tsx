import { For, type JSX, Match, Show, Switch } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { DeadLetter } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Trouble } from '../design/notice.tsx';
import { writeMoment } from '../design/time.ts';
import { createLive } from '../live/create-live.ts';
import { useSession } from '../session/session-context.ts';

const DEAD_LETTERS_INTERVAL_MS = 30_000;

export function DeadLettersPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const letters = createLive((options) => admin.deadLetters(options), {
    intervalMs: DEAD_LETTERS_INTERVAL_MS,
  });
  return (
    <section class="panel" aria-labelledby="jobs-title">
      <h2 id="jobs-title" class="panel__title">
        Failed jobs
      </h2>
      <p class="panel__text">Background work that failed in every attempt. Kept for 90 days.</p>
      <Switch fallback={<div class="skeleton skeleton--row" />}>
        <Match when={letters.data()}>
          {(list) => (
            <Show when={list().length > 0} fallback={<p class="panel__text">There are none.</p>}>
              <ul class="items">
                <For each={list()}>
                  {(letter) => <LetterRow letter={letter} onChange={letters.refresh} />}
                </For>
              </ul>
            </Show>
          )}
        </Match>
        <Match when={letters.error()}>
          <Trouble
            title="The failed jobs could not be read"
            error={letters.error()}
            onRetry={letters.refresh}
          />
        </Match>
      </Switch>
    </section>
  );
}

function LetterRow(props: {
  readonly letter: DeadLetter;
  readonly onChange: () => Promise<unknown>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const acting = createAction(async (act: (id: string) => Promise<unknown>) => {
    await act(props.letter.id);
    await props.onChange();
  });
  return (
    <li class="item">
      <span class="item__words">
        <span class="item__title">{props.letter.kind}</span>
        <span class="item__text">
          {writeMoment(props.letter.failed_at)}, after {props.letter.attempts} attempts
        </span>
        <span class="item__text">{props.letter.reason}</span>
      </span>
      <span class="item__actions">
        <button
          type="button"
          class="button"
          aria-label={`Try again: ${props.letter.kind}`}
          aria-disabled={acting.isBusy()}
          onClick={() => void acting.run(admin.retryDeadLetter)}
        >
          Try again
        </button>
        <button
          type="button"
          class="button"
          aria-label={`Give up: ${props.letter.kind}`}
          aria-disabled={acting.isBusy()}
          onClick={() => void acting.run(admin.deleteDeadLetter)}
        >
          Give up
        </button>
      </span>
      <ActionProblem title="That did not work" error={acting.error()} />
    </li>
  );
}
