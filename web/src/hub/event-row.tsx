import type { JSX } from 'solid-js';
import type { HubEvent } from '../api/types.ts';
import { Icon } from '../design/icons.tsx';
import { writeClock } from '../design/time.ts';
import { describeEvent, severityLabel } from './describe-event.ts';

export function EventRow(props: { readonly event: HubEvent }): JSX.Element {
  const view = describeEvent(props.event);
  const isUrgent = view.severity === 'alarm' || view.severity === 'malfunction';
  return (
    <li class="row entry event" data-severity={view.severity}>
      <time
        class="entry__time"
        datetime={view.atMs === undefined ? undefined : new Date(view.atMs).toISOString()}
      >
        {view.atMs === undefined ? '–' : writeClock(view.atMs)}
      </time>
      <span class="row__icon entry__icon event__icon" data-state={view.state}>
        <Icon name={view.icon} />
      </span>
      <span class="row__words">
        <span class="entry__title">{view.title}</span>
        <span class="entry__from">{view.origin}</span>
      </span>
      <span class={isUrgent ? 'entry__result event__severity' : 'visually-hidden'}>
        {severityLabel[view.severity]}
      </span>
    </li>
  );
}
