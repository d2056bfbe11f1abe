import { type Accessor, createSignal } from 'solid-js';
import type { BillingCalls } from '../api/billing-calls.ts';
import { type Action, createAction } from '../api/create-action.ts';
import type { Plan } from '../api/types.ts';
import type { PaidPlan } from './subscription-words.ts';

/** What is asked before a subscription is changed. */
export type PaymentQuestion =
  | {
      readonly kind: 'change';
      readonly from: Plan | null;
      readonly to: PaidPlan;
      readonly price: string | undefined;
    }
  | { readonly kind: 'cancel' | 'resume'; readonly until: string | null };

export interface Payment {
  readonly question: Accessor<PaymentQuestion | undefined>;
  readonly ask: (question: PaymentQuestion) => void;
  readonly dismiss: () => void;
  /** Does what the question is about. */
  readonly answering: Action<[PaymentQuestion], void>;
  /** Goes to a page of Stripe: to buy a plan, or to the portal. */
  readonly leaving: Action<[PaidPlan | 'portal'], void>;
}

/** A browser that has not left by then was stopped. */
const LONGEST_LEAVING_MS = 10_000;

export function createPayment(billing: BillingCalls, onChange: () => Promise<unknown>): Payment {
  const [question, setQuestion] = createSignal<PaymentQuestion>();

  const answering = createAction(async (asked: PaymentQuestion) => {
    try {
      if (asked.kind === 'change') await billing.changePlan(asked.to);
      else if (asked.kind === 'cancel') await billing.cancel();
      else await billing.resume();
    } finally {
      // Also after a failure: when the answer was lost, it may have worked all the same.
      await onChange();
    }
    setQuestion(undefined);
  });

  const leaving = createAction(async (to: PaidPlan | 'portal') => {
    const url = await (to === 'portal' ? billing.portal() : billing.checkout(to)).catch((reason) => {
      // Somebody may have bought it in another tab.
      void onChange();
      throw reason;
    });
    location.assign(url);
    await untilLeftOrBack();
  });

  return {
    question,
    ask: (asked) => {
      answering.clear();
      setQuestion(asked);
    },
    dismiss: () => {
      // What is on its way ends on the page, not unseen.
      if (!answering.isBusy()) setQuestion(undefined);
    },
    answering,
    leaving,
  };
}

/** Going back may bring this very page again, with its buttons as they were left. */
const untilLeftOrBack = (): Promise<void> =>
  new Promise((resolve) => {
    addEventListener('pageshow', () => resolve(), { once: true });
    setTimeout(resolve, LONGEST_LEAVING_MS);
  });
