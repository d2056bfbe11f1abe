import { type JSX, Match, Show, Switch } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import { Trouble } from '../design/notice.tsx';
import { Page } from '../design/page.tsx';
import { Freshness } from '../live/freshness.tsx';
import { useInbox } from '../notifications/inbox-context.ts';
import { useSession } from '../session/session-context.ts';
import { CheckoutReturn } from './checkout-return.tsx';
import { createHistory } from './create-history.ts';
import { GrantsPanel } from './grants-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { usePlan } from './plan-context.ts';
import { PlanHero } from './plan-hero.tsx';
import { PlanTable } from './plan-table.tsx';
import { SubscriptionPanel } from './subscription-panel.tsx';
import { UsagePanel } from './usage-panel.tsx';
import { VoucherPanel } from './voucher-panel.tsx';
import './plan.css';

export function PlanPage(): JSX.Element {
  const plan = usePlan();
  return (
    <Page title="Plan" class="plan">
      <h1 class="page__title">Plan</h1>
      <Switch fallback={<PlanSkeleton />}>
        <Match when={plan.data()}>{(data) => <PlanParts plan={data()} />}</Match>
        <Match when={plan.error()}>
          <Trouble title="Your plan could not be read" error={plan.error()} onRetry={plan.refresh} />
        </Match>
      </Switch>
      <Show when={plan.error()}>
        <Freshness live={plan} />
      </Show>
    </Page>
  );
}

function PlanParts(props: { readonly plan: PlanOfAccount }): JSX.Element {
  const { gateway } = useSession();
  const plan = usePlan();
  const inbox = useInbox();
  const history = createHistory(gateway);
  const readAgain = () => Promise.all([plan.refresh(), history.refresh(), inbox.refresh()]);

  return (
    <>
      <CheckoutReturn plan={props.plan} look={plan.refresh} onArrival={readAgain} />
      <PlanHero plan={props.plan} />
      <div class="plan__columns">
        <div class="plan__main">
          <UsagePanel />
          <PlanTable plan={props.plan} />
        </div>
        <div class="plan__side">
          <SubscriptionPanel plan={props.plan} onChange={readAgain} />
          <VoucherPanel plan={props.plan} onChange={readAgain} />
          <GrantsPanel grants={props.plan.grants} />
          <HistoryPanel history={history} />
        </div>
      </div>
    </>
  );
}

function PlanSkeleton(): JSX.Element {
  return (
    <div role="status">
      <span class="visually-hidden">Loading your plan</span>
      <div class="skeleton skeleton--plan" />
      <div class="skeleton skeleton--block" />
    </div>
  );
}
