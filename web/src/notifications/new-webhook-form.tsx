import { For, type JSX } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { Action } from '../api/create-action.ts';
import type { NewWebhook, NotificationKind } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { useMe } from '../session/session-context.ts';
import { kindsOf, kindWords } from './kind-words.ts';

export function NewWebhookForm(props: { readonly creation: Action<[NewWebhook], void> }): JSX.Element {
  const me = useMe();
  const kinds = () => kindsOf({ isAdministrator: me()?.is_administrator ?? false });
  const empty = { url: '', description: '', kinds: ['security'] as readonly NotificationKind[] };
  const [fields, setFields] = createStore(empty);

  const choose = (kind: NotificationKind, isChosen: boolean): void =>
    setFields('kinds', (chosen) => (isChosen ? [...chosen, kind] : chosen.filter((one) => one !== kind)));

  async function onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (fields.kinds.length === 0) return;
    const { url, description, kinds } = fields;
    const order = { url: url.trim(), description: description.trim(), kinds: [...kinds] };
    if (await props.creation.run(order as NewWebhook)) setFields({ url: '', description: '' });
  }

  return (
    <section class="panel" aria-labelledby="new-webhook-title">
      <h2 id="new-webhook-title" class="panel__title">
        Add a webhook
      </h2>
      <form class="form" onSubmit={onSubmit} aria-busy={props.creation.isBusy()}>
        <label class="field">
          <span class="field__label">Address</span>
          <input
            class="field__input"
            type="url"
            name="url"
            placeholder="https://"
            autocomplete="off"
            spellcheck={false}
            maxlength={2048}
            required
            value={fields.url}
            onInput={(event) => setFields('url', event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field__label">What it is for</span>
          <input
            class="field__input"
            name="description"
            autocomplete="off"
            maxlength={200}
            value={fields.description}
            onInput={(event) => setFields('description', event.currentTarget.value)}
          />
        </label>
        <fieldset>
          <legend class="field__label">What is posted</legend>
          <div class="checks">
            <For each={kinds()}>
              {(kind) => (
                <label class="check">
                  <input
                    type="checkbox"
                    checked={fields.kinds.includes(kind)}
                    onChange={(event) => choose(kind, event.currentTarget.checked)}
                  />
                  {kindWords[kind].name}
                </label>
              )}
            </For>
          </div>
          <p class="field__hint" role="status">
            {fields.kinds.length === 0 ? 'Choose at least one.' : ''}
          </p>
        </fieldset>
        <ActionProblem title="Not added" error={props.creation.error()} />
        <button
          type="submit"
          class="button button--primary"
          disabled={fields.kinds.length === 0}
          aria-disabled={props.creation.isBusy()}
        >
          {props.creation.isBusy() ? 'Adding…' : 'Add'}
        </button>
      </form>
    </section>
  );
}
