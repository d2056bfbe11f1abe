import { createEffect, type JSX, on } from 'solid-js';
import { writeMoment } from '../design/time.ts';
import { useInbox } from '../notifications/inbox-context.ts';
import { useSession } from '../session/session-context.ts';
import { createPages } from './create-pages.ts';
import { Paged } from './paged.tsx';

/** What operators were told, as far back as it is kept. */
export function AlertsPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const alerts = createPages((beforeId) => admin.alerts({ beforeId }));
  const inbox = useInbox();
  const newest = () => inbox.data()?.notifications.find(({ kind }) => kind === 'operator')?.id;
  // The bell looks for new ones anyway.
  createEffect(on(newest, () => void alerts.reload(), { defer: true }));

  return (
    <section class="panel" aria-labelledby="alerts-title">
      <h2 id="alerts-title" class="panel__title">
        Alerts
      </h2>
      <Paged pages={alerts} empty="There are none." trouble="The alerts could not be read">
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
      </Paged>
    </section>
  );
}
