import { type JSX, Show } from 'solid-js';
import type { Plan } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';
import { writeDate } from '../design/time.ts';
import { namePlan } from '../session/name-plan.ts';
import type { Payment, PaymentQuestion } from './create-payment.ts';

const order: readonly Plan[] = ['free', 'basic', 'pro', 'premium'];

/** Asks before money moves, or stops moving. */
export function SubscriptionDialog(props: { readonly payment: Payment }): JSX.Element {
  return (
    <Show when={props.payment.question()}>
      {(question) => (
        <Dialog title={writeTitle(question())} onClose={props.payment.dismiss}>
          <p class="dialog__text">{writeConsequence(question())}</p>
          <ActionProblem title="That did not work" error={props.payment.answering.error()} />
          <div class="dialog__actions">
            <button
              type="button"
              class="button"
              aria-disabled={props.payment.answering.isBusy()}
              onClick={props.payment.dismiss}
            >
              Leave it
            </button>
            <button
              type="button"
              class="button button--primary"
              aria-disabled={props.payment.answering.isBusy()}
              onClick={() => void props.payment.answering.run(question())}
            >
              {props.payment.answering.isBusy() ? 'One moment…' : writeConfirmation(question())}
            </button>
          </div>
        </Dialog>
      )}
    </Show>
  );
}

function writeTitle(question: PaymentQuestion): string {
  if (question.kind === 'change') return `Change to ${namePlan(question.to)}?`;
  return question.kind === 'cancel' ? 'Cancel the subscription?' : 'Keep the subscription?';
}

function writeConsequence(question: PaymentQuestion): string {
  if (question.kind === 'change') {
    return order.indexOf(question.to) > order.indexOf(question.from ?? 'free')
      ? 'It begins at once, and the rest of the period is charged to your card now.'
      : 'It begins at once. What you have paid too much is credited on the next invoice.';
  }
  const end = question.until ? ` on ${writeDate(question.until)}` : ' with the period you have paid';
  return question.kind === 'cancel'
    ? `You keep the plan until it ends${end}. Nothing more is charged.`
    : `It is renewed and charged again${end}.`;
}

function writeConfirmation(question: PaymentQuestion): string {
  if (question.kind === 'change') return `Change to ${namePlan(question.to)}`;
  return question.kind === 'cancel' ? 'Cancel it' : 'Keep it';
}
