import { For, type JSX } from 'solid-js';
import { createStore } from 'solid-js/store';
import { createAction } from '../api/create-action.ts';
import type { ManualGrant, User } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';
import { namePlan } from '../session/name-plan.ts';
import { useSession } from '../session/session-context.ts';
import { endOfDay } from './end-of-day.ts';

const plans = ['premium', 'pro', 'basic'] as const;

export function GrantDialog(props: {
  readonly user: User;
  readonly onClose: () => void;
  readonly onGiven: () => Promise<void>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const [fields, setFields] = createStore({ plan: 'premium' as ManualGrant['plan'], until: '', reason: '' });
  const giving = createAction(async () => {
    const until = fields.until ? endOfDay(fields.until) : null;
    await admin.giveGrant(props.user.id, { plan: fields.plan, until, reason: fields.reason.trim() });
    await props.onGiven();
  });

  return (
    <Dialog title="Give a plan" onClose={props.onClose}>
      <p class="dialog__text">To {props.user.email}, from now on.</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void giving.run();
        }}
      >
        <label class="field">
          <span class="field__label">Plan</span>
          <select
            class="field__input"
            onChange={(event) => setFields('plan', event.currentTarget.value as ManualGrant['plan'])}
          >
            <For each={plans}>
              {(plan) => (
                <option value={plan} selected={fields.plan === plan}>
                  {namePlan(plan)}
                </option>
              )}
            </For>
          </select>
        </label>
        <label class="field">
          <span class="field__label">Last day (empty: no end)</span>
          <input
            class="field__input"
            type="date"
            value={fields.until}
            onInput={(event) => setFields('until', event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field__label">Why, for the other administrators</span>
          <input
            class="field__input"
            maxlength={200}
            required
            pattern=".*\S.*"
            title="A few words"
            value={fields.reason}
            onInput={(event) => setFields('reason', event.currentTarget.value)}
          />
        </label>
        <ActionProblem title="Not given" error={giving.error()} />
        <div class="dialog__actions">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" class="button button--primary" aria-disabled={giving.isBusy()}>
            Give
          </button>
        </div>
      </form>
    </Dialog>
  );
}
