import { createSignal, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { PlanOfAccount } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Icon } from '../design/icons.tsx';
import { namePlan } from '../session/name-plan.ts';
import { useSession } from '../session/session-context.ts';

/** Turns a code into days of a plan: says before what will happen, and after what did. */
export function VoucherPanel(props: {
  readonly plan: PlanOfAccount;
  readonly onChange: () => Promise<unknown>;
}): JSX.Element {
  const { gateway } = useSession();
  const [code, setCode] = createSignal('');
  let input: HTMLInputElement | undefined;

  const redemption = createAction(async (typed: string) => {
    try {
      return await gateway.billing.redeem(typed);
    } finally {
      // Also after a failure: when the answer was lost, it may have worked all the same.
      void props.onChange();
    }
  });

  async function onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const typed = code().trim();
    if (typed === '') return;
    if (await redemption.run(typed)) setCode('');
    else input?.select();
  }

  return (
    <section class="panel" aria-labelledby="voucher-title">
      <h2 id="voucher-title" class="panel__title">
        Redeem a voucher
      </h2>
      <p class="panel__text">{writeConsequence(props.plan)}</p>
      <form class="form" onSubmit={onSubmit} aria-busy={redemption.isBusy()}>
        <label class="field">
          <span class="field__label">Code</span>
          <input
            ref={(element) => {
              input = element;
            }}
            class="field__input voucher__code"
            name="voucher"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxlength={64}
            placeholder="AJAX-0000-0000-0000"
            aria-describedby="voucher-hint"
            required
            value={code()}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
          <span id="voucher-hint" class="field__hint">
            Capitals, spaces and hyphens do not matter.
          </span>
        </label>
        <ActionProblem title="Nothing was redeemed" error={redemption.error()} />
        <button type="submit" class="button button--primary" aria-disabled={redemption.isBusy()}>
          {redemption.isBusy() ? 'Redeeming…' : 'Redeem'}
        </button>
      </form>
      <div role="status">
        <Show when={redemption.result()}>
          {(redeemed) => (
            <p class="done">
              <Icon name="check" />
              <span>
                <strong>Redeemed.</strong> {redeemed().explanation}
              </span>
            </p>
          )}
        </Show>
      </div>
    </section>
  );
}

function writeConsequence({ plan, source }: PlanOfAccount): string {
  if (source === 'default' && plan === 'free') return 'Its days begin at once.';
  if (plan === 'premium') {
    return `You have ${namePlan(plan)} already, so the days of a voucher are kept until that ends.`;
  }
  return `A better plan than ${namePlan(plan)} begins at once. Days of another are kept until yours ends.`;
}
