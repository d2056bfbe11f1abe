import { type JSX, Show } from 'solid-js';
import { useBudget } from './budget-context.ts';
import { BudgetPanel } from './budget-panel.tsx';
import { viewBudget } from './budget-view.ts';
import './budget.css';

const PANEL_ID = 'budget-panel';

/** The shared budget at a glance, on every page; opens the full figures. */
export function BudgetButton(): JSX.Element {
  const budget = useBudget();
  return (
    <>
      <button type="button" class="budget-button" popovertarget={PANEL_ID}>
        <Show when={budget.data()} fallback={<span class="budget-button__figures">Budget</span>}>
          {(data) => (
            <>
              <span
                class="budget-button__gauge"
                data-pressure={viewBudget(data()).pressure}
                style={{ '--used': `${Math.min(1, data().used / data().limit)}` }}
                aria-hidden="true"
              />
              <span class="budget-button__figures">
                <span class="visually-hidden">Shared budget: </span>
                {data().used}
                <span class="budget-button__limit">/{data().limit}</span>
              </span>
            </>
          )}
        </Show>
      </button>
      <section id={PANEL_ID} popover="auto" class="flyout" aria-label="Shared budget">
        <h2 class="flyout__title">Shared line to Ajax</h2>
        <p class="flyout__text">Everyone on this gateway shares one line. Commands always go first.</p>
        <BudgetPanel />
      </section>
    </>
  );
}
