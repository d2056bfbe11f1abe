import { For, type JSX, Show } from 'solid-js';
import type { Feature, PlanOfAccount, PlanOffer } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { namePlan } from '../session/name-plan.ts';
import { featureWords } from './plan-words.ts';
import { writeAmount, writeInterval } from './price-words.ts';
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
          <Show when={props.plan.plans.some(({ price }) => price)}>
            <CompareRow label="Price" plan={props.plan}>
              {(offer) => <PriceOf offer={offer} />}
            </CompareRow>
          </Show>
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

function PriceOf(props: { readonly offer: PlanOffer }): JSX.Element {
  return (
    <Show
      when={props.offer.price}
      fallback={<No words={props.offer.plan === 'free' ? 'Free' : 'Not sold'} />}
    >
      {(price) => (
        <>
          <span class="compare__amount">{writeAmount(price())}</span>
          <span class="compare__interval">{writeInterval(price())}</span>
        </>
      )}
    </Show>
  );
}

function Included(props: { readonly isIncluded: boolean }): JSX.Element {
  return (
    <Show when={props.isIncluded} fallback={<No words="Not included" />}>
      <span class="visually-hidden">Included</span>
      <Icon name="check" />
    </Show>
  );
}

function No(props: { readonly words: string }): JSX.Element {
  return (
    <span class="compare__no">
      <span class="visually-hidden">{props.words}</span>
      <span aria-hidden="true">–</span>
    </span>
  );
}
