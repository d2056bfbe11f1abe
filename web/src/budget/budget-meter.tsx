import { For, type JSX } from 'solid-js';
import type { Budget } from '../api/types.ts';
import { viewBudget } from './budget-view.ts';
import './budget.css';

const TICKS = 50;

/** Whatever was used shows, however little. */
const countTicks = (used: number, limit: number): number =>
  used > 0 ? Math.max(1, Math.round((used / limit) * TICKS)) : 0;

type TickKind = 'mine' | 'others' | 'free';

/** A ruler of the shared budget: what I used, what others used, what is left. */
export function BudgetMeter(props: { readonly budget: Budget }): JSX.Element {
  const tickKind = (index: number): TickKind => {
    const mine = countTicks(props.budget.mine.used, props.budget.limit);
    if (index < mine) return 'mine';
    return index < mine + countTicks(viewBudget(props.budget).others, props.budget.limit) ? 'others' : 'free';
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
