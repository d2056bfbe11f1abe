import { For, type JSX, Show } from 'solid-js';
import type { Feature, PlanOfAccount, PlanOffer } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { namePlan } from '../session/name-plan.ts';
import { featureWords } from './plan-words.ts';
import { writeLimit } from './quota-words.ts';

const features = Object.keys(featureWords) as Feature[];

/** All plans side by side, the own one marked. */
export function PlanTable(props: { readonly plan: PlanOfAccount }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="compare-title">
      <h2 id="compare-title" class="panel__title">
        Compare plans
      </h2>
      <table class="compare">
        <caption class="visually-hidden">What each plan includes</caption>
        <thead>
          <tr>
            <td />
            <For each={props.plan.plans}>
              {(offer) => (
                <th scope="col" class="compare__plan" data-current={offer.plan === props.plan.plan}>
                  {namePlan(offer.plan)}
                  <Show when={offer.plan === props.plan.plan}>
                    <span class="compare__mine">Yours</span>
                  </Show>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={features}>
            {(feature) => (
              <CompareRow label={featureWords[feature]} plan={props.plan}>
                {(offer) => <Included isIncluded={offer.features.includes(feature)} />}
              </CompareRow>
            )}
          </For>
          <CompareRow label="Reads a minute" plan={props.plan}>
            {(offer) => writeLimit(offer.quotas, 'minute')}
          </CompareRow>
          <CompareRow label="Reads an hour" plan={props.plan}>
            {(offer) => writeLimit(offer.quotas, 'hour')}
          </CompareRow>
        </tbody>
      </table>
      <p class="compare__note">
        Only reads that ask Ajax count. Commands, and what the gateway still knows, are never limited.
      </p>
    </section>
  );
}

function CompareRow(props: {
  readonly label: string;
  readonly plan: PlanOfAccount;
  readonly children: (offer: PlanOffer) => JSX.Element;
}): JSX.Element {
  return (
    <tr>
      <th scope="row" class="compare__label">
        {props.label}
      </th>
      <For each={props.plan.plans}>
        {(offer) => (
          <td class="compare__cell" data-current={offer.plan === props.plan.plan}>
            {props.children(offer)}
          </td>
        )}
      </For>
    </tr>
  );
}

function Included(props: { readonly isIncluded: boolean }): JSX.Element {
  return (
    <Show
      when={props.isIncluded}
      fallback={
        <span class="compare__no">
          <span class="visually-hidden">Not included</span>
          <span aria-hidden="true">–</span>
        </span>
      }
    >
      <span class="visually-hidden">Included</span>
      <Icon name="check" />
    </Show>
  );
}
