import { createSignal, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import { Icon } from '../design/icons.tsx';
import type { Admin } from './create-admin.ts';

/** Asks for the secret of administrators once; nothing of it is stored. */
export function SecretForm(props: { readonly admin: Admin }): JSX.Element {
  const [secret, setSecret] = createSignal('');
  const entering = createAction((typed: string) => props.admin.enterWith(typed));

  return (
    <section class="panel admin__gate" aria-labelledby="secret-title">
      <h2 id="secret-title" class="panel__title">
        The administrators’ secret
      </h2>
      <p class="panel__text">
        This gateway asks administrators for a second thing they know. It is kept until you leave or reload
        the dashboard, and stored nowhere.
      </p>
      <form
        class="form"
        aria-busy={entering.isBusy()}
        onSubmit={(event) => {
          event.preventDefault();
          void entering.run(secret());
        }}
      >
        <Show when={entering.result() === false}>
          <div class="form__problem" role="alert">
            <Icon name="alert" />
            <p class="form__problem-title">That is not the secret</p>
          </div>
        </Show>
        <label class="field">
          <span class="field__label">Secret</span>
          <input
            class="field__input"
            type="password"
            autocomplete="off"
            required
            value={secret()}
            onInput={(event) => setSecret(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button button--primary" aria-disabled={entering.isBusy()}>
          Go on
        </button>
      </form>
    </section>
  );
}
