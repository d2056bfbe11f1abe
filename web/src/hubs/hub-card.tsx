import { A } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import type { Hub } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { readHubProblems } from './hub-problems.ts';
import { hubStateLabel, readHubState } from './hub-state.ts';
import { nameHubModel, writeConnection } from './hub-words.ts';
import { StateRing } from './state-ring.tsx';

export function HubCard(props: { readonly hub: Hub }): JSX.Element {
  const state = () => readHubState(props.hub);
  const problems = () => readHubProblems(props.hub);

  return (
    <A class="hub-card" data-state={state()} href={`/hubs/${encodeURIComponent(props.hub.id)}`}>
      <span class="hub-card__head">
        <span>
          <span class="hub-card__name">{props.hub.name}</span>
          <span class="hub-card__model">{nameHubModel(props.hub.hub_subtype)}</span>
        </span>
        <StateRing state={state()} />
      </span>
      <span class="hub-card__state">{hubStateLabel[state()]}</span>
      <span class="hub-card__foot">
        <Show
          when={problems()[0]}
          fallback={
            <span class="hub-card__fact">
              <Icon name="online" />
              {writeConnection(props.hub)}
            </span>
          }
        >
          <span class="hub-card__problem">
            <Icon name="alert" />
            {problems().join(' · ')}
          </span>
        </Show>
        <Icon name="forward" class="hub-card__go" />
      </span>
    </A>
  );
}
