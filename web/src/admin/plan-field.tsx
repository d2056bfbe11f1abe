import { For, type JSX } from 'solid-js';
import { namePlan } from '../session/name-plan.ts';

const plans = ['premium', 'pro', 'basic'] as const;
export type GivenPlan = (typeof plans)[number];

/** Which plan an administrator gives. */
export function PlanField(props: {
  readonly value: GivenPlan;
  readonly onChange: (plan: GivenPlan) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span class="field__label">Plan</span>
      <select
        class="field__input"
        onChange={(event) => props.onChange(event.currentTarget.value as GivenPlan)}
      >
        <For each={plans}>
          {(plan) => (
            <option value={plan} selected={props.value === plan}>
              {namePlan(plan)}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}
