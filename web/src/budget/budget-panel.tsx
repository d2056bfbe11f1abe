import { type JSX, Show } from 'solid-js';
import type { Budget } from '../api/types.ts';
import { useBudget } from './budget-context.ts';
import { BudgetMeter } from './budget-meter.tsx';
import { viewBudget, writeWait } from './budget-view.ts';

/** The shared budget in full: the ruler, the figures, and what they mean for the next request. */
export function BudgetPanel(): JSX.Element {
  const budget = useBudget();
  return (
    <Show when={budget.data()} fallback={<BudgetMissing hasFailed={budget.error() !== undefined} />}>
      {(data) => <BudgetFigures budget={data()} />}
    </Show>
  );
}

function BudgetFigures(props: { readonly budget: Budget }): JSX.Element {
  const view = () => viewBudget(props.budget);
  return (
    <div class="budget">
      <p class="budget__now">
        <span class="budget__used">{props.budget.used}</span>
        <span class="budget__limit">
          of {props.budget.limit} requests in {props.budget.window_seconds} s
        </span>
      </p>
      <BudgetMeter budget={props.budget} />
      <dl class="figures">
        <div class="figure" data-kind="mine">
          <dt>Yours</dt>
          <dd>{props.budget.mine.used}</dd>
        </div>
        <div class="figure" data-kind="others">
          <dt>Others</dt>
          <dd>{view().others}</dd>
        </div>
        <div class="figure">
          <dt>Waiting</dt>
          <dd>{props.budget.waiting}</dd>
        </div>
        <div class="figure">
          <dt>Your wait</dt>
          <dd>{props.budget.predicted_wait_ms > 0 ? writeWait(props.budget.predicted_wait_ms) : 'None'}</dd>
        </div>
      </dl>
      <p class="budget__sentence">{view().sentence}</p>
    </div>
  );
}

function BudgetMissing(props: { readonly hasFailed: boolean }): JSX.Element {
  return (
    <Show when={props.hasFailed} fallback={<div class="skeleton skeleton--block" aria-hidden="true" />}>
      <p class="budget__sentence">The budget cannot be read right now.</p>
    </Show>
  );
}
