import { For, type JSX, Match, Show, Switch } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { namePlan } from '../session/name-plan.ts';
import { useSession } from '../session/session-context.ts';
import { createPayment, type Payment } from './create-payment.ts';
import { SubscriptionDialog } from './subscription-dialog.tsx';
import { isRunning, type PaidPlan, soldPlans, writeSale, writeSubscription } from './subscription-words.ts';

/** What is paid for, or what can be bought. Where nothing is sold there is no button, only a sentence. */
export function SubscriptionPanel(props: {
  readonly plan: PlanOfAccount;
  readonly onChange: () => Promise<unknown>;
}): JSX.Element {
  const payment = createPayment(useSession().gateway.billing, () => props.onChange());
  const payments = () => props.plan.payments;
  const running = () => {
    const { subscription } = payments();
    return subscription && isRunning(subscription) ? subscription : undefined;
  };

  return (
    <section class="panel" aria-labelledby="subscription-title">
      <h2 id="subscription-title" class="panel__title">
        Subscription
      </h2>
      <Switch
        fallback={
          <p class="panel__text">
            Plans are not sold on this gateway. A voucher gives you another one, or the operator does.
          </p>
        }
      >
        <Match when={running()}>
          {(subscription) => (
            <>
              <p class="panel__text">{writeSubscription(subscription())}</p>
              <ul class="panel__actions">
                <For each={soldPlans(props.plan).filter((plan) => plan !== subscription().plan)}>
                  {(plan) => (
                    <li>
                      <button
                        type="button"
                        class="button button--wide"
                        onClick={() => payment.ask({ kind: 'change', to: plan, from: subscription().plan })}
                      >
                        Change to {namePlan(plan)}
                      </button>
                    </li>
                  )}
                </For>
                <li>
                  <button
                    type="button"
                    class="button button--wide"
                    onClick={() =>
                      payment.ask({
                        kind: subscription().ends_with_period ? 'resume' : 'cancel',
                        until: subscription().period_end,
                      })
                    }
                  >
                    {subscription().ends_with_period ? 'Keep it' : 'Cancel at the end of the period'}
                  </button>
                </li>
              </ul>
            </>
          )}
        </Match>
        <Match when={payments().is_configured && payments().plans.length > 0}>
          <p class="panel__text">{writeSale(props.plan)}</p>
          <ul class="panel__actions">
            <For each={soldPlans(props.plan)}>{(plan) => <BuyButton plan={plan} payment={payment} />}</For>
          </ul>
        </Match>
      </Switch>
      <Show when={payments().is_configured && payments().has_portal}>
        <button
          type="button"
          class="button button--wide panel__more"
          aria-disabled={payment.leaving.isBusy()}
          onClick={() => void payment.leaving.run('portal')}
        >
          Cards and invoices
        </button>
      </Show>
      <ActionProblem title="Nothing was paid or changed" error={payment.leaving.error()} />
      <SubscriptionDialog payment={payment} />
    </section>
  );
}

function BuyButton(props: { readonly plan: PaidPlan; readonly payment: Payment }): JSX.Element {
  return (
    <li>
      <button
        type="button"
        class="button button--wide"
        aria-disabled={props.payment.leaving.isBusy()}
        onClick={() => void props.payment.leaving.run(props.plan)}
      >
        Buy {namePlan(props.plan)}
      </button>
    </li>
  );
}
