import { useNavigate, useSearchParams } from '@solidjs/router';
import { createEffect, createSignal, type JSX, Match, on, onMount, Show, Switch } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import { Notice } from '../design/notice.tsx';
import { namePlan } from '../session/name-plan.ts';
import { createArrival } from './create-arrival.ts';

/** What is said to who comes back from Stripe's checkout. */
export function CheckoutReturn(props: {
  readonly plan: PlanOfAccount;
  /** Reads the plan again. */
  readonly look: () => Promise<unknown>;
  /** What was paid for is there. */
  readonly onArrival: () => void;
}): JSX.Element {
  const navigate = useNavigate();
  const [search] = useSearchParams<{ success?: string; canceled?: string }>();
  const outcome = search.success === 'true' ? 'paid' : search.canceled === 'true' ? 'canceled' : undefined;
  // Said once: a page that is read again later would wait for what came long ago.
  onMount(() => {
    if (outcome !== undefined) navigate('/plan', { replace: true });
  });

  return (
    <Switch>
      <Match when={outcome === 'canceled'}>
        <Notice icon="plan" title="Nothing was bought">
          You left the payment, and nothing was charged.
        </Notice>
      </Match>
      <Match when={outcome === 'paid'}>
        <Paid plan={props.plan} look={props.look} onArrival={props.onArrival} />
      </Match>
    </Switch>
  );
}

function Paid(props: {
  readonly plan: PlanOfAccount;
  readonly look: () => Promise<unknown>;
  readonly onArrival: () => void;
}): JSX.Element {
  const arrival = createArrival(() => props.plan, props.look);
  // As it was then: the plan may be changed while this is still on the page.
  const [bought, setBought] = createSignal('');
  createEffect(
    on(arrival, (now) => {
      if (now !== 'arrived') return;
      setBought(namePlan(props.plan.payments.subscription?.plan ?? props.plan.plan));
      props.onArrival();
    }),
  );

  return (
    <div role="status" class="arrival" data-arrival={arrival()}>
      <Switch>
        <Match when={arrival() === 'arrived'}>
          <Notice icon="check" title={`${bought()} is yours`}>
            Thank you. The payment has arrived
            <Show when={props.plan.source !== 'stripe'}>
              ; until then you keep {namePlan(props.plan.plan)}, which you have already
            </Show>
            .
          </Notice>
        </Match>
        <Match when={arrival() === 'waiting'}>
          <Notice icon="clock" title="Waiting for the payment">
            Stripe confirms it in a few seconds. This page shows your plan as soon as it is there.
          </Notice>
        </Match>
        <Match when={arrival() === 'late'}>
          <Notice icon="clock" title="The payment takes longer than usual">
            Nothing is lost: your plan begins as soon as Stripe confirms it, whether this page is open or not.
            Do not pay again.
          </Notice>
        </Match>
      </Switch>
    </div>
  );
}
