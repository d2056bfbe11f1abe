import { createSignal, For, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { useSession } from '../session/session-context.ts';
import { createPages } from './create-pages.ts';
import { Paged } from './paged.tsx';
import { saveFile } from './save-file.ts';
import { VoucherForm } from './voucher-form.tsx';
import { VoucherRow } from './voucher-row.tsx';

export function VouchersPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const [batch, setBatch] = createSignal('');
  const vouchers = createPages((beforeId) => admin.vouchers({ batch: batch().trim(), beforeId }));
  const making = createAction(async (order: Parameters<typeof admin.makeVouchers>[0]) => {
    const made = await admin.makeVouchers(order);
    void vouchers.reload();
    return made;
  });
  const exporting = createAction(async () => {
    saveFile('vouchers.csv', await admin.exportVouchers(batch().trim() || undefined));
  });

  return (
    <>
      <section class="panel" aria-labelledby="make-title">
        <h2 id="make-title" class="panel__title">
          Make vouchers
        </h2>
        <VoucherForm making={making} />
        <div role="status">
          <Show when={making.result()}>
            {(made) => (
              <div class="made">
                <p class="made__title">
                  {made().length === 1 ? 'One voucher is made.' : `${made().length} vouchers are made.`}
                </p>
                <ul class="made__codes">
                  <For each={made()}>
                    {({ code }) => (
                      <li>
                        <code>{code}</code>
                      </li>
                    )}
                  </For>
                </ul>
              </div>
            )}
          </Show>
        </div>
      </section>
      <section class="panel" aria-labelledby="vouchers-title">
        <h2 id="vouchers-title" class="panel__title">
          Vouchers
        </h2>
        <form
          class="admin__search"
          onSubmit={(event) => {
            event.preventDefault();
            void vouchers.reload();
          }}
        >
          <label class="field">
            <span class="field__label">Only of the batch</span>
            <input
              class="field__input"
              type="search"
              maxlength={64}
              value={batch()}
              onInput={(event) => setBatch(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button" aria-disabled={vouchers.isBusy()}>
            Search
          </button>
          <button
            type="button"
            class="button"
            aria-disabled={exporting.isBusy()}
            onClick={() => void exporting.run()}
          >
            Export CSV
          </button>
        </form>
        <ActionProblem title="Not exported" error={exporting.error()} />
        <Paged pages={vouchers} empty="There are none." trouble="The vouchers could not be read">
          {(voucher) => <VoucherRow voucher={voucher} onChange={vouchers.reload} />}
        </Paged>
      </section>
    </>
  );
}
