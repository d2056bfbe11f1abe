import { For, type JSX } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { VoucherOrder } from '../api/admin-calls.ts';
import type { Action } from '../api/create-action.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { type GivenPlan, PlanField } from './plan-field.tsx';

const numbers = [
  { name: 'duration_days', label: 'Days', max: 3650 },
  { name: 'count', label: 'How many', max: 1000 },
  { name: 'uses', label: 'Uses of each', max: 100_000 },
] as const;

export function VoucherForm(props: { readonly making: Action<[VoucherOrder], unknown> }): JSX.Element {
  const [fields, setFields] = createStore({
    ...{ plan: 'premium' as GivenPlan, duration_days: 30, count: 1, uses: 1 },
    ...{ batch: '', note: '' },
  });

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const { batch, note, ...order } = fields;
    void props.making.run({
      ...order,
      ...(batch.trim() && { batch: batch.trim() }),
      ...(note.trim() && { note: note.trim() }),
    });
  }

  return (
    <form class="form" onSubmit={onSubmit} aria-busy={props.making.isBusy()}>
      <div class="form__grid">
        <PlanField value={fields.plan} onChange={(plan) => setFields('plan', plan)} />
        <For each={numbers}>
          {({ name, label, max }) => (
            <label class="field">
              <span class="field__label">{label}</span>
              <input
                class="field__input"
                type="number"
                min={1}
                max={max}
                step={1}
                required
                value={fields[name]}
                onInput={(event) => setFields(name, event.currentTarget.valueAsNumber)}
              />
            </label>
          )}
        </For>
        <label class="field">
          <span class="field__label">Batch (optional)</span>
          <input
            class="field__input"
            maxlength={64}
            value={fields.batch}
            onInput={(event) => setFields('batch', event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field__label">Note (optional)</span>
          <input
            class="field__input"
            maxlength={200}
            value={fields.note}
            onInput={(event) => setFields('note', event.currentTarget.value)}
          />
        </label>
      </div>
      <ActionProblem title="None were made" error={props.making.error()} />
      <button type="submit" class="button button--primary" aria-disabled={props.making.isBusy()}>
        {props.making.isBusy() ? 'Making…' : 'Make'}
      </button>
    </form>
  );
}
