import { createSignal, For, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { Webhook, WebhookDelivery, WebhookWithSecret } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Icon } from '../design/icons.tsx';
import { writeMoment } from '../design/time.ts';
import { createLive } from '../live/create-live.ts';
import { useSession } from '../session/session-context.ts';
import { writeDelivery, writeWebhookState } from './delivery-words.ts';

interface RowProps {
  readonly webhook: Webhook;
  readonly onSecret: (webhook: WebhookWithSecret) => void;
  readonly onChange: () => Promise<unknown>;
}

export function WebhookRow(props: RowProps): JSX.Element {
  const { webhooks } = useSession().gateway;
  const [isOpen, setOpen] = createSignal(false);
  const [question, setQuestion] = createSignal<'secret' | 'remove'>();
  const act = createAction(async (what: () => Promise<unknown>) => {
    await what();
    await props.onChange();
  });
  const name = () => props.webhook.description || props.webhook.url;

  async function answer(): Promise<void> {
    const asked = question();
    setQuestion(undefined);
    await act.run(async () => {
      if (asked === 'remove') await webhooks.remove(props.webhook.id);
      else props.onSecret(await webhooks.replaceSecret(props.webhook.id));
    });
  }

  return (
    <li class="item webhook">
      <span class="item__words">
        <span class="item__title">{name()}</span>
        <Show when={props.webhook.description}>
          <span class="item__text">{props.webhook.url}</span>
        </Show>
        <span class="item__text" data-enabled={props.webhook.enabled}>
          {writeWebhookState(props.webhook)}
        </span>
      </span>
      <span class="item__actions">
        <button
          type="button"
          class="button"
          aria-label={`Send a test to ${name()}`}
          disabled={!props.webhook.enabled}
          aria-disabled={act.isBusy()}
          onClick={() =>
            void act.run(async () => {
              await webhooks.test(props.webhook.id);
              setOpen(true);
            })
          }
        >
          Test
        </button>
        <button
          type="button"
          class="button"
          aria-label={`${props.webhook.enabled ? 'Switch off' : 'Switch on'} ${name()}`}
          aria-disabled={act.isBusy()}
          onClick={() => void act.run(() => webhooks.setEnabled(props.webhook.id, !props.webhook.enabled))}
        >
          {props.webhook.enabled ? 'Switch off' : 'Switch on'}
        </button>
        <button
          type="button"
          class="button"
          aria-label={`New secret for ${name()}`}
          onClick={() => setQuestion('secret')}
        >
          New secret
        </button>
        <button
          type="button"
          class="button"
          aria-label={`Remove ${name()}`}
          onClick={() => setQuestion('remove')}
        >
          Remove
        </button>
      </span>
      <div class="webhook__more">
        <ActionProblem title="That did not work" error={act.error()} />
        <details class="disclosure" open={isOpen()} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary class="disclosure__summary">
            <Icon name="forward" />
            Deliveries
          </summary>
          <Show when={isOpen()}>
            <Deliveries webhookId={props.webhook.id} />
          </Show>
        </details>
      </div>
      <Show when={question()}>
        {(asked) => (
          <Dialog
            title={asked() === 'remove' ? 'Remove this webhook?' : 'Make a new secret?'}
            onClose={() => setQuestion(undefined)}
          >
            <p class="dialog__text">
              {asked() === 'remove'
                ? `Nothing is posted to ${props.webhook.url} any more, and its log is gone.`
                : 'The old secret stops working at once.'}
            </p>
            <div class="dialog__actions">
              <button type="button" class="button" onClick={() => setQuestion(undefined)}>
                Cancel
              </button>
              <button type="button" class="button button--primary" onClick={answer}>
                {asked() === 'remove' ? 'Remove' : 'Make it'}
              </button>
            </div>
          </Dialog>
        )}
      </Show>
    </li>
  );
}

/** Someone who opens them waits for one that is on its way. */
const DELIVERIES_INTERVAL_MS = 3000;

function Deliveries(props: { readonly webhookId: string }): JSX.Element {
  const { webhooks } = useSession().gateway;
  const deliveries = createLive((options) => webhooks.deliveries(props.webhookId, options), {
    intervalMs: DELIVERIES_INTERVAL_MS,
  });
  return (
    <>
      <ActionProblem title="The deliveries could not be read" error={deliveries.error()} />
      <Show when={deliveries.data()?.length === 0}>
        <p class="item__text">Nothing was sent yet.</p>
      </Show>
      <ul class="deliveries">
        <For each={deliveries.data()}>{(delivery) => <DeliveryRow delivery={delivery} />}</For>
      </ul>
    </>
  );
}

function DeliveryRow(props: { readonly delivery: WebhookDelivery }): JSX.Element {
  return (
    <li class="delivery">
      <time datetime={props.delivery.created_at}>{writeMoment(props.delivery.created_at)}</time>
      <span>{props.delivery.type}</span>
      <span class="delivery__state" data-state={props.delivery.state}>
        {writeDelivery(props.delivery)}
      </span>
    </li>
  );
}
