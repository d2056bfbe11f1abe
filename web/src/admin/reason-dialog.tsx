import { createSignal, type JSX } from 'solid-js';
import type { Action } from '../api/create-action.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';

/** Asks why before something is done that other administrators will want to understand. */
export function ReasonDialog(props: {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly ending: Action<[string], unknown>;
  readonly onClose: () => void;
}): JSX.Element {
  const [reason, setReason] = createSignal('');
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p class="dialog__text">{props.text}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void props.ending.run(reason().trim());
        }}
      >
        <label class="field">
          <span class="field__label">Why, for the other administrators</span>
          <input
            class="field__input"
            maxlength={200}
            required
            pattern=".*\S.*"
            title="A few words"
            value={reason()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <ActionProblem title="That did not work" error={props.ending.error()} />
        <div class="dialog__actions">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="button button--primary" aria-disabled={props.ending.isBusy()}>
            {props.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
