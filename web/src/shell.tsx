import { A } from '@solidjs/router';
import { type JSX, Show } from 'solid-js';
import { BudgetButton } from './budget/budget-button.tsx';
import { BudgetContext } from './budget/budget-context.ts';
import { createBudget } from './budget/create-budget.ts';
import { Brand } from './design/brand.tsx';
import { Icon, type IconName } from './design/icons.tsx';
import { Bell } from './notifications/bell.tsx';
import { createInbox } from './notifications/create-inbox.ts';
import { InboxContext } from './notifications/inbox-context.ts';
import { createPlan } from './plan/create-plan.ts';
import { PlanContext } from './plan/plan-context.ts';
import { AccountMenu } from './session/account-menu.tsx';
import { useSession } from './session/session-context.ts';
import './shell.css';

/** What stays around every page: the bar, the shared budget, the account. */
export function Shell(props: { readonly children?: JSX.Element }): JSX.Element {
  const session = useSession();
  const budget = createBudget(session.gateway);
  const plan = createPlan(session);
  const inbox = createInbox(session.gateway);

  return (
    <BudgetContext.Provider value={budget}>
      <PlanContext.Provider value={plan}>
        <InboxContext.Provider value={inbox}>
          <a class="skip-link" href="#main">
            Skip to content
          </a>
          <Show when={session.info()?.demo}>
            <aside class="demo-strip" aria-label="Demo">
              <strong>Demo:</strong> simulated hubs, no real alarm system
            </aside>
          </Show>
          <header class="bar">
            <A class="bar__brand" href="/" aria-label="AjaxSecurFlow, your hubs">
              <Brand />
            </A>
            <nav class="tabs" aria-label="Pages">
              <Tab href="/" icon="hubs" label="Hubs" />
              <Tab href="/activity" icon="activity" label="Activity" />
              <Tab href="/plan" icon="plan" label="Plan" />
            </nav>
            <div class="bar__tools">
              <BudgetButton />
              <Bell />
              <AccountMenu />
            </div>
          </header>
          {props.children}
        </InboxContext.Provider>
      </PlanContext.Provider>
    </BudgetContext.Provider>
  );
}

function Tab(props: { readonly href: string; readonly icon: IconName; readonly label: string }): JSX.Element {
  return (
    <A class="tab" activeClass="tab--here" href={props.href} end={props.href === '/'}>
      <Icon name={props.icon} />
      {props.label}
    </A>
  );
}
