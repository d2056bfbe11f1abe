import { type JSX, Show } from 'solid-js';
import { explainError } from '../api/error-words.ts';
import { Icon } from './icons.tsx';

/** Why something a person asked for was not done, beside where it was asked for. */
export function ActionProblem(props: { readonly title: string; readonly error: unknown }): JSX.Element {
  return (
    <Show when={props.error}>
      {(error) => (
        <div class="form__problem" role="alert">
          <Icon name="alert" />
          <div>
            <p class="form__problem-title">{props.title}</p>
            <p>{explainError(error())}</p>
          </div>
        </div>
      )}
    </Show>
  );
}
