import { A } from '@solidjs/router';
import type { JSX } from 'solid-js';
import { Icon } from '../design/icons.tsx';
import { namePlan } from './name-plan.ts';
import { useMe } from './session-context.ts';

/** What a higher plan would show here, said once and without pressing. */
export function Locked(props: {
  readonly title: string;
  readonly requiredPlan: string;
  readonly children: JSX.Element;
}): JSX.Element {
  const me = useMe();
  return (
    <div class="locked">
      <span class="locked__icon">
        <Icon name="locked" />
      </span>
      <div>
        <p class="locked__title">
          {props.title} <span class="plan-badge">{namePlan(props.requiredPlan)} plan</span>
        </p>
        <p class="locked__text">
          {props.children} You are on the {namePlan(me()?.subscription_plan ?? 'free')} plan.{' '}
          <A class="link" href="/plan">
            Compare plans
          </A>
        </p>
      </div>
    </div>
  );
}
