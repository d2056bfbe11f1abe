import { For, type JSX, Show } from 'solid-js';
import type { PlanOfAccount, Quota } from '../api/types.ts';
import { useSession } from '../session/session-context.ts';
import { writeWhy } from './plan-words.ts';
import { writeCount } from './quota-words.ts';

/** What the account has, why, and for how long. */
export function PlanHero(props: { readonly plan: PlanOfAccount }): JSX.Element {
  return (
    <section class="plan-hero" aria-labelledby="plan-name">
      <div class="plan-hero__words" aria-live="polite">
        <p class="plan-hero__label">Your plan</p>
        <h2 id="plan-name" class="plan-hero__name">
          {props.plan.name}
        </h2>
        <p class="plan-hero__why">{writeWhy(props.plan)}</p>
      </div>
      <Show
        when={props.plan.quotas.length > 0}
        fallback={<p class="plan-hero__quota">As many reads as you like</p>}
      >
        <dl class="plan-hero__quotas">
          <For each={props.plan.quotas}>{(quota) => <QuotaFigure quota={quota} />}</For>
        </dl>
      </Show>
    </section>
  );
}

function QuotaFigure(props: { readonly quota: Quota }): JSX.Element {
  const { quotaLeft } = useSession();
  // An answer of before the plan changed speaks of another quota.
  const left = () =>
    quotaLeft().find(({ name, left }) => name === props.quota.name && left <= props.quota.limit);
  return (
    <div class="plan-hero__quota">
      <dt>
        {props.quota.name === 'minute' ? 'reads a minute' : 'reads an hour'}
        <Show when={left()}>
          {(quota) => <span class="plan-hero__left">{writeCount(quota().left)} left now</span>}
        </Show>
      </dt>
      <dd>{writeCount(props.quota.limit)}</dd>
    </div>
  );
}
