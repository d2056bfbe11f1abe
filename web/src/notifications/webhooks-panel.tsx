import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { Webhook, WebhookWithSecret } from '../api/types.ts';
import { Trouble } from '../design/notice.tsx';
import { createLive } from '../live/create-live.ts';
import { useSession } from '../session/session-context.ts';
import { NewWebhookForm } from './new-webhook-form.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { WebhookRow } from './webhook-row.tsx';

const WEBHOOKS_INTERVAL_MS = 30_000;

export function WebhooksPanel(): JSX.Element {
  const { gateway } = useSession();
  const webhooks = createLive((options) => gateway.webhooks.list(options), {
    intervalMs: WEBHOOKS_INTERVAL_MS,
  });
  const [shown, setShown] = createSignal<WebhookWithSecret>();
  const creation = createAction(async (...args: Parameters<typeof gateway.webhooks.create>) => {
    setShown(await gateway.webhooks.create(...args));
    await webhooks.refresh();
  });

  return (
    <>
      <section class="panel" aria-labelledby="webhooks-title">
        <h2 id="webhooks-title" class="panel__title">
          Webhooks
        </h2>
        <p class="panel__text">
          Notifications posted to an address of yours, signed as{' '}
          <a class="link" href="https://www.standardwebhooks.com" target="_blank" rel="noopener noreferrer">
            Standard Webhooks
          </a>{' '}
          has it.
        </p>
        <Switch fallback={<div class="skeleton skeleton--row" />}>
          <Match when={webhooks.data()}>
            {(list) => (
              <Show when={list().length > 0} fallback={<p class="panel__text">There is none yet.</p>}>
                <ul class="items">
                  <For each={list()}>
                    {(webhook: Webhook) => (
                      <WebhookRow webhook={webhook} onSecret={setShown} onChange={webhooks.refresh} />
                    )}
                  </For>
                </ul>
              </Show>
            )}
          </Match>
          <Match when={webhooks.error()}>
            <Trouble
              title="The webhooks could not be read"
              error={webhooks.error()}
              onRetry={webhooks.refresh}
            />
          </Match>
        </Switch>
      </section>
      <NewWebhookForm creation={creation} />
      <Show when={shown()}>
        {(webhook) => <SecretDialog webhook={webhook()} onClose={() => setShown(undefined)} />}
      </Show>
    </>
  );
}
