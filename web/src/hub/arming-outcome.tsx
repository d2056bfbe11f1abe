import { type JSX, Match, Switch } from 'solid-js';
import { Icon } from '../design/icons.tsx';
import { writeClock } from '../design/time.ts';
import { type ArmOrder, orderWords } from './arm-order.ts';
import type { Arming, ArmingControl } from './create-arming.ts';

/** What became of the last order; always in the page, so that screen readers hear it change. */
export function ArmingOutcome(props: {
  readonly arming: ArmingControl;
  readonly hubName: string;
}): JSX.Element {
  const at = <Step extends Arming['step']>(step: Step) => {
    const arming = props.arming.arming();
    return arming.step === step ? (arming as Extract<Arming, { step: Step }>) : undefined;
  };
  const place = (order: ArmOrder): string => order.group?.name ?? props.hubName;

  return (
    <div class="outcome" role="status">
      <Switch>
        <Match when={at('running')}>
          {(arming) => (
            <p class="outcome__line">
              <Icon name="clock" />
              <span>{writeRunning(arming(), place(arming().order))}</span>
            </p>
          )}
        </Match>
        <Match when={at('done')}>
          {(arming) => (
            <p class="outcome__line">
              <Icon name="check" />
              <span>
                {`${place(arming().order)} ${orderWords(arming().order).done} at ${writeClock(arming().atMs)}.`}
              </span>
              <DismissButton onDismiss={props.arming.dismiss} />
            </p>
          )}
        </Match>
      </Switch>
    </div>
  );
}

function writeRunning({ order, progress }: Extract<Arming, { step: 'running' }>, place: string): string {
  if (progress === 'accepted') {
    return `The order for ${place} is on its way. Ajax has not answered yet; this page follows it.`;
  }
  const doing =
    order.armState === 2 ? `Night mode for ${place} is starting` : `${orderWords(order).doing} ${place}`;
  return `${doing}. Exit delays run first; disarming calls it off.`;
}

function DismissButton(props: { readonly onDismiss: () => void }): JSX.Element {
  return (
    <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => props.onDismiss()}>
      <Icon name="close" />
    </button>
  );
}
