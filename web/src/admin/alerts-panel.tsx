import { For, type JSX, Show } from 'solid-js';
import { writeMoment } from '../design/time.ts';
import { useInbox } from '../notifications/inbox-context.ts';

/** What operators were told lately; all of it is among the notifications. */
export function AlertsPanel(): JSX.Element {
  const inbox = useInbox();
  const alerts = () => inbox.data()?.notifications.filter(({ kind }) => kind === 'operator') ?? [];
  return (
    <section class="panel" aria-labelledby="alerts-title">
      <h2 id="alerts-title" class="panel__title">
        Alerts
      </h2>
      <Show
        when={alerts().length > 0}
        fallback={<p class="panel__text">None among your newest notifications.</p>}
      >
        <ul class="items">
          <For each={alerts()}>
            {(alert) => (
              <li class="item">
                <span class="item__words">
                  <span class="item__title">{alert.title}</span>
                  <span class="item__text">{alert.message}</span>
                </span>
                <time class="item__text" datetime={alert.created_at}>
                  {writeMoment(alert.created_at)}
                </time>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}
