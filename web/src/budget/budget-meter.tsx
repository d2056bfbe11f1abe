import { For, type JSX } from 'solid-js';
import type { Budget } from '../api/types.ts';
import { viewBudget } from './budget-view.ts';
import './budget.css';

const TICKS = 50;

type TickKind = 'mine' | 'others' | 'free';

/** A ruler of the shared budget: what I used, what others used, what is left. */
export function BudgetMeter(props: { readonly budget: Budget }): JSX.Element {
  const tickKind = (index: number): TickKind => {
    const { limit, mine } = props.budget;
    const reach = ((index + 0.5) / TICKS) * limit;
    if (reach < mine.used) return 'mine';
    return reach < props.budget.used ? 'others' : 'free';
  };

  return (
    <>
      <meter
        class="visually-hidden"
        aria-label="Shared budget used"
        min={0}
        max={props.budget.limit}
        value={Math.min(props.budget.used, props.budget.limit)}
      />
      <div class="ruler" data-pressure={viewBudget(props.budget).pressure} aria-hidden="true">
        <For each={Array.from({ length: TICKS }, (_, index) => index)}>
          {(index) => <span class="ruler__tick" data-kind={tickKind(index)} />}
        </For>
      </div>
    </>
  );
}
