import { createSignal, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { Voucher } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';
import { writeDate } from '../design/time.ts';
import { writeDays } from '../plan/plan-words.ts';
import { PlanBadge } from '../session/plan-badge.tsx';
import { useSession } from '../session/session-context.ts';

export function VoucherRow(props: {
  readonly voucher: Voucher;
  readonly onChange: () => Promise<void>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const [isAsked, setAsked] = createSignal(false);
  const revoking = createAction(async () => {
    await admin.revokeVoucher(props.voucher.id);
    await props.onChange();
  });

  return (
    <li class="item">
      <span class="item__words">
        <code class="item__title">{props.voucher.code}</code>
        <span class="item__text">{describe(props.voucher)}</span>
      </span>
      <PlanBadge plan={props.voucher.plan} />
      <Show when={!props.voucher.revoked_at && !props.voucher.is_redeemed}>
        <button
          type="button"
          class="button"
          aria-label={`Revoke ${props.voucher.code}`}
          aria-disabled={revoking.isBusy()}
          onClick={() => setAsked(true)}
        >
          Revoke
        </button>
      </Show>
      <ActionProblem title="Not revoked" error={revoking.error()} />
      <Show when={isAsked()}>
        <Dialog title="Revoke this voucher?" onClose={() => setAsked(false)}>
          <p class="dialog__text">
            Nobody can redeem {props.voucher.code} any more. What was redeemed stays.
          </p>
          <div class="dialog__actions">
            <button type="button" class="button" onClick={() => setAsked(false)}>
              Cancel
            </button>
            <button
              type="button"
              class="button button--primary"
              onClick={() => {
                setAsked(false);
                void revoking.run();
              }}
            >
              Revoke
            </button>
          </div>
        </Dialog>
      </Show>
    </li>
  );
}

function describe(voucher: Voucher): string {
  const state = voucher.revoked_at
    ? `revoked on ${writeDate(voucher.revoked_at)}`
    : voucher.uses === 1
      ? voucher.is_redeemed
        ? 'redeemed'
        : 'not redeemed'
      : `${voucher.used} of ${voucher.uses} redeemed`;
  return [writeDays(voucher.duration_days), state, voucher.batch, voucher.note].filter(Boolean).join(', ');
}
