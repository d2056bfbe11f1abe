import { type JSX, Show } from 'solid-js';
import type { Hub } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { readHubProblems } from '../hubs/hub-problems.ts';
import { hubStateLabel, readHubState } from '../hubs/hub-state.ts';
import { nameHubModel, writeConnection } from '../hubs/hub-words.ts';
import { StateRing } from '../hubs/state-ring.tsx';
import { ArmControls } from './arm-controls.tsx';
import { orderWords } from './arm-order.ts';
import { ArmingOutcome } from './arming-outcome.tsx';
import type { HubControl } from './create-hub.ts';

/** The hub's state, as large as it matters, and the way to change it. */
export function HubHero(props: { readonly hub: Hub; readonly control: HubControl }): JSX.Element {
  const state = () => readHubState(props.hub);
  const problems = () => readHubProblems(props.hub);
  const words = () => {
    const arming = props.control.arming.arming();
    const isOnTheWay = arming.step === 'running' && !arming.order.group;
    return isOnTheWay ? orderWords(arming.order).onTheWay : hubStateLabel[state()];
  };
  const isBusy = () => ['sending', 'running'].includes(props.control.arming.arming().step);

  return (
    <section class="hero" data-state={state()} aria-label="Arm state">
      <div class="hero__ring">
        <HeroContours />
        <StateRing
          state={state()}
          groups={props.control.activeGroups().map((group) => group.state === 'ARMED')}
          isBusy={isBusy()}
        />
      </div>
      <div class="hero__words">
        <h1 class="hero__name">{props.hub.name}</h1>
        <p class="hero__state" data-testid="hub-state">
          {words()}
        </p>
        <p class="hero__facts">
          <span class="hero__fact">
            <Icon name={props.hub.online ? 'online' : 'offline'} />
            {props.hub.online ? writeConnection(props.hub) : 'Last known state'}
          </span>
          <span class="hero__fact">{nameHubModel(props.hub.hub_subtype)}</span>
        </p>
        <Show when={problems().length > 0}>
          <p class="hero__problems">
            <Icon name="alert" />
            {problems().join(' · ')}
          </p>
        </Show>
      </div>
      <ArmControls hub={props.hub} arming={props.control.arming} />
      <ArmingOutcome arming={props.control.arming} hubName={props.hub.name} />
    </section>
  );
}

/** Rings running out from the hub, like heights on a map. */
function HeroContours(): JSX.Element {
  return (
    <svg class="hero__contours" viewBox="0 0 600 600" aria-hidden="true">
      <circle cx="300" cy="300" r="120" />
      <circle cx="300" cy="300" r="165" />
      <circle cx="300" cy="300" r="215" />
      <circle cx="300" cy="300" r="270" />
    </svg>
  );
}
