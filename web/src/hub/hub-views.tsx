import type { JSX } from 'solid-js';
import { type View, Views } from '../design/views.tsx';

export type HubView = 'devices' | 'events';

const views: readonly View<HubView>[] = [
  { view: 'devices', label: 'Devices', href: '?' },
  { view: 'events', label: 'Events', href: '?show=events' },
];

export function HubViews(props: { readonly current: HubView }): JSX.Element {
  return <Views label="Views of the hub" views={views} current={props.current} />;
}
