import { For, type JSX } from 'solid-js';
import type { DemoAccount } from '../api/types.ts';

/** One tap fills the form in. Only shown when the gateway says that its upstream is simulated. */
export function DemoAccounts(props: {
  readonly accounts: readonly DemoAccount[];
  readonly onChoose: (account: DemoAccount) => void;
}): JSX.Element {
  return (
    <section class="demo" aria-labelledby="demo-title">
      <h2 id="demo-title" class="demo__title">
        Try the demo
      </h2>
      <p class="demo__text">Pick an account to fill the form in. Its hubs are simulated.</p>
      <ul class="demo__list">
        <For each={props.accounts}>
          {(account) => (
            <li>
              <button type="button" class="demo__account" onClick={() => props.onChoose(account)}>
                <span class="demo__login">{account.login}</span>
                <span class="demo__description">{account.description}</span>
              </button>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
