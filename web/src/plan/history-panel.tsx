import { createEffect, createSignal, For, type JSX, Match, on, Show, Switch } from 'solid-js';
import type { HistoryEntry } from '../api/types.ts';
import { Trouble } from '../design/notice.tsx';
import { writeDate } from '../design/time.ts';
import { createLive } from '../live/create-live.ts';
import { useSession } from '../session/session-context.ts';
import { writeMoney } from './money.ts';

const HISTORY_INTERVAL_MS = 120_000;

const [asked, setAsked] = createSignal(0);
/** Something was bought or redeemed on this page. */
export const refreshHistory = (): void => void setAsked((times) => times + 1);

const statusWords: Readonly<Record<HistoryEntry['status_code'], string>> = {
  applied: 'Redeemed',
  paid: 'Paid',
  open: 'Open',
  void: 'Void',
  uncollectible: 'Not collected',
  draft: 'Draft',
  refunded: 'Refunded',
};

export function HistoryPanel(): JSX.Element {
  const { gateway } = useSession();
  const history = createLive((options) => gateway.billing.history(options), {
    intervalMs: HISTORY_INTERVAL_MS,
  });
  createEffect(on(asked, () => void history.refresh(), { defer: true }));

  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title" class="panel__title">
        History
      </h2>
      <Switch fallback={<div class="skeleton skeleton--row" />}>
        <Match when={history.data()?.length === 0}>
          <p class="panel__text">Payments and vouchers show up here.</p>
        </Match>
        <Match when={history.data()}>
          {(entries) => (
            <ul class="items">
              <For each={entries()}>{(entry) => <HistoryRow entry={entry} />}</For>
            </ul>
          )}
        </Match>
        <Match when={history.error()}>
          <Trouble title="The history could not be read" error={history.error()} onRetry={history.refresh} />
        </Match>
      </Switch>
    </section>
  );
}

function HistoryRow(props: { readonly entry: HistoryEntry }): JSX.Element {
  return (
    <li class="item">
      <span class="item__words">
        <span class="item__title">{props.entry.description}</span>
        <span class="item__text">
          <time datetime={props.entry.date}>{writeDate(props.entry.date)}</time>
          <span data-status={props.entry.status_code}>, {statusWords[props.entry.status_code]}</span>
          <Show when={props.entry.download_url}>
            {(url) => (
              <>
                {' · '}
                <a class="link" href={url()} target="_blank" rel="noopener noreferrer">
                  Invoice<span class="visually-hidden"> of {writeDate(props.entry.date)}</span>
                </a>
              </>
            )}
          </Show>
        </span>
      </span>
      <Show when={props.entry.currency}>
        {(currency) => <span class="item__amount">{writeMoney(props.entry.amount_minor, currency())}</span>}
      </Show>
    </li>
  );
}
