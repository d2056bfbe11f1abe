import { For, type JSX, Match, Show, Switch } from 'solid-js';
import { writeMoney } from '../../../src/kernel/minor-units.ts';
import type { HistoryEntry } from '../api/types.ts';
import { Trouble } from '../design/notice.tsx';
import { writeDate } from '../design/time.ts';
import type { Live } from '../live/create-live.ts';

const statusWords: Readonly<Record<HistoryEntry['status_code'], string>> = {
  applied: 'Redeemed',
  paid: 'Paid',
  open: 'Open',
  void: 'Void',
  uncollectible: 'Not collected',
  draft: 'Draft',
  refunded: 'Refunded',
  disputed: 'Disputed',
};

export function HistoryPanel(props: { readonly history: Live<readonly HistoryEntry[]> }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="history-title">
      <h2 id="history-title" class="panel__title">
        History
      </h2>
      <Switch fallback={<div class="skeleton skeleton--row" />}>
        <Match when={props.history.data()?.length === 0}>
          <p class="panel__text">Payments and vouchers show up here.</p>
        </Match>
        <Match when={props.history.data()}>
          {(entries) => (
            <ul class="items">
              <For each={entries()}>{(entry) => <HistoryRow entry={entry} />}</For>
            </ul>
          )}
        </Match>
        <Match when={props.history.error()}>
          <Trouble
            title="The history could not be read"
            error={props.history.error()}
            onRetry={props.history.refresh}
          />
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
        {(currency) => (
          <span class="item__amount">
            {writeMoney(props.entry.amount_minor, currency(), navigator.language)}
          </span>
        )}
      </Show>
    </li>
  );
}
