import type { JSX } from 'solid-js';
import type { Plan } from '../api/types.ts';
import { namePlan } from './name-plan.ts';

export function PlanBadge(props: { readonly plan: Plan }): JSX.Element {
  return (
    <span class="plan-badge" data-plan={props.plan}>
      {namePlan(props.plan)}
    </span>
  );
}
