import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { ApiError, RejectionReason } from '../api/api-error.ts';
import { explainError, joinSentences, writeWait } from '../api/error-words.ts';
import type { Device } from '../api/types.ts';
import { Dialog } from '../design/dialog.tsx';
import { Icon } from '../design/icons.tsx';
import { namePlan } from '../session/name-plan.ts';
import { type ArmOrder, orderWords, writeConsequence, writeQuestion } from './arm-order.ts';
import type { Arming, ArmingControl } from './create-arming.ts';
import { readDeviceKind } from './device-kind.ts';
import { describeObstacles } from './rejection.ts';

interface StepProps {
  readonly order: ArmOrder;
  readonly control: ArmingControl;
}

const dialogSteps: readonly Arming['step'][] = ['asking', 'sending', 'refused', 'unknown', 'failed'];

/** Asks before an order is sent, and stays for every outcome that needs a decision. */
export function ArmingDialog(props: {
  readonly arming: ArmingControl;
  readonly hubName: string;
  readonly devices: readonly Device[];
}): JSX.Element {
  const at = <Step extends Arming['step']>(step: Step) => {
    const arming = props.arming.arming();
    return arming.step === step ? (arming as Extract<Arming, { step: Step }>) : undefined;
  };
  const isOpen = () => dialogSteps.includes(props.arming.arming().step);

  return (
    <Show when={isOpen()}>
      <Dialog title={writeTitle(props.arming.arming(), props.hubName)} onClose={props.arming.dismiss}>
        <Switch>
          <Match when={at('asking') ?? at('sending')}>
            {(arming) => (
              <Question
                order={arming().order}
                control={props.arming}
                isSending={arming().step === 'sending'}
              />
            )}
          </Match>
          <Match when={at('refused')}>
            {(arming) => (
              <Refusal
                order={arming().order}
                control={props.arming}
                reasons={arming().reasons}
                detail={arming().detail}
                devices={props.devices}
              />
            )}
          </Match>
          <Match when={at('unknown')}>
            {(arming) => (
              <UnknownOutcome
                order={arming().order}
                control={props.arming}
                isStateRead={arming().isStateRead}
              />
            )}
          </Match>
          <Match when={at('failed')}>
            {(arming) => <Failure order={arming().order} control={props.arming} error={arming().error} />}
          </Match>
        </Switch>
      </Dialog>
    </Show>
  );
}

function writeTitle(arming: Arming, hubName: string): string {
  switch (arming.step) {
    case 'asking':
    case 'sending':
      return writeQuestion(arming.order, hubName);
    case 'refused':
      return `${arming.order.group?.name ?? hubName} is not ready`;
    case 'unknown':
      return 'The outcome is not known';
    case 'failed':
      return `${arming.order.group?.name ?? hubName} did not change`;
    default:
      return '';
  }
}

function Question(props: StepProps & { readonly isSending: boolean }): JSX.Element {
  return (
    <>
      <p class="dialog__text">{writeConsequence(props.order)}</p>
      <p class="visually-hidden" role="status">
        {props.isSending ? `${orderWords(props.order).doing}…` : ''}
      </p>
      <div class="dialog__actions">
        <button
          type="button"
          class="button"
          disabled={props.isSending}
          onClick={() => props.control.dismiss()}
        >
          Cancel
        </button>
        <button
          type="button"
          class="button button--state"
          data-state={orderWords(props.order).target}
          aria-disabled={props.isSending}
          onClick={() => props.control.carryOut()}
        >
          <Icon name={orderWords(props.order).target} />
          {props.isSending ? `${orderWords(props.order).doing}…` : orderWords(props.order).verb}
        </button>
      </div>
    </>
  );
}

function Refusal(
  props: StepProps & {
    readonly reasons: readonly RejectionReason[];
    readonly detail: string;
    readonly devices: readonly Device[];
  },
): JSX.Element {
  const obstacles = () => describeObstacles(props.reasons, props.devices);
  return (
    <>
      <p class="dialog__text" role="alert">
        Nothing has changed.{' '}
        {obstacles().length > 0 ? 'These need a look first:' : joinSentences(props.detail)}
      </p>
      <ul class="obstacles">
        <For each={obstacles()}>
          {(obstacle) => (
            <li class="obstacle">
              <span class="obstacle__icon">
                <Icon name={readDeviceKind(obstacle.deviceType ?? '')} />
              </span>
              <span>
                <span class="obstacle__name">{obstacle.name}</span>
                <span class="obstacle__problem">{obstacle.problem}</span>
              </span>
            </li>
          )}
        </For>
      </ul>
      <p class="dialog__text dialog__text--quiet">
        Arming anyway leaves them out: they raise no alarm until they are in order again.
      </p>
      <div class="dialog__actions">
        <button type="button" class="button" onClick={() => props.control.dismiss()}>
          Leave it as it is
        </button>
        <button
          type="button"
          class="button button--state"
          data-state="partly"
          onClick={() => props.control.carryOut({ ignoreProblems: true })}
        >
          <Icon name="alert" />
          {props.order.armState === 2 ? 'Night mode anyway' : 'Arm anyway'}
        </button>
      </div>
    </>
  );
}

function UnknownOutcome(props: StepProps & { readonly isStateRead: boolean }): JSX.Element {
  return (
    <>
      <p class="dialog__text" role="alert">
        The order was sent, but no answer came back. It may have worked, or not. Check the hub before you send
        the order again:{' '}
        {props.isStateRead
          ? 'its state on this page has just been read anew.'
          : 'its state could not be read, so this page may still show the one from before the order.'}
      </p>
      <div class="dialog__actions">
        <button type="button" class="button button--primary" onClick={() => props.control.dismiss()}>
          {props.isStateRead ? 'Look at the state' : 'Close'}
        </button>
      </div>
    </>
  );
}

function Failure(props: StepProps & { readonly error: ApiError }): JSX.Element {
  return (
    <>
      <p class="dialog__text" role="alert">
        {explainFailure(props.error)}
      </p>
      <div class="dialog__actions">
        <button type="button" class="button" onClick={() => props.control.dismiss()}>
          Close
        </button>
        <Show when={props.error.retryable || props.error.status === 429}>
          <button type="button" class="button button--primary" onClick={() => props.control.carryOut()}>
            Try again
          </button>
        </Show>
      </div>
    </>
  );
}

function explainFailure(error: ApiError): string {
  switch (error.code) {
    case 'plan_required':
      return `Sending commands is part of the ${namePlan(error.requiredPlan ?? 'pro')} plan.`;
    case 'hub_offline':
      return 'The hub is offline and cannot take orders. Check its power and its connection.';
    case 'command_not_executed':
      return error.retryAfterSeconds
        ? `The line was too busy, so the order was not sent. There is room again in about ${writeWait(error.retryAfterSeconds)}.`
        : 'The line was too busy, so the order was not sent.';
    case 'upstream_forbidden':
      return 'Your Ajax account may not do this on this hub. Ask its administrator for the right.';
    default:
      return explainError(error);
  }
}
