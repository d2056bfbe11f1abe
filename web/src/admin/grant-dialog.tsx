import type { JSX } from 'solid-js';
import { createStore } from 'solid-js/store';
import { createAction } from '../api/create-action.ts';
import type { User } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';

import { useSession } from '../session/session-context.ts';
import { endOfDay } from './end-of-day.ts';
import { type GivenPlan, PlanField } from './plan-field.tsx';

export function GrantDialog(props: {
  readonly user: User;
  readonly onClose: () => void;
  readonly onGiven: () => Promise<void>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const [fields, setFields] = createStore({ plan: 'premium' as GivenPlan, until: '', reason: '' });
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
        <PlanField value={fields.plan} onChange={(plan) => setFields('plan', plan)} />
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
