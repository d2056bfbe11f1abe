import { For, type JSX, Show } from 'solid-js';
import type { Grant } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { PlanBadge } from '../session/plan-badge.tsx';
import { isPast, nameGrant, writeGrantState } from './plan-words.ts';

/** What the plan is made of: everything given to the account, what is over folded away. */
export function GrantsPanel(props: { readonly grants: readonly Grant[] }): JSX.Element {
  const present = () => props.grants.filter((grant) => !isPast(grant));
  const past = () => props.grants.filter(isPast);

  return (
    <Show when={props.grants.length > 0}>
      <section class="panel" aria-labelledby="grants-title">
        <h2 id="grants-title" class="panel__title">
          What you have
        </h2>
        <ul class="items">
          <For each={present()}>{(grant) => <GrantRow grant={grant} />}</For>
        </ul>
        <Show when={past().length > 0}>
          <details class="disclosure">
            <summary class="disclosure__summary">
              <Icon name="forward" />
              Earlier
            </summary>
            <ul class="items">
              <For each={past()}>{(grant) => <GrantRow grant={grant} />}</For>
            </ul>
          </details>
        </Show>
      </section>
    </Show>
  );
}

function GrantRow(props: { readonly grant: Grant }): JSX.Element {
  return (
    <li class="item">
      <span class="item__words">
        <span class="item__title">{nameGrant(props.grant)}</span>
        <span class="item__text">{writeGrantState(props.grant)}</span>
        <Show when={props.grant.reason}>{(reason) => <span class="item__text">“{reason()}”</span>}</Show>
      </span>
      <PlanBadge plan={props.grant.plan} />
    </li>
  );
}
