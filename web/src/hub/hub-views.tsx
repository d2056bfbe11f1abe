import { For, type JSX } from 'solid-js';

export type HubView = 'devices' | 'events';

const views: readonly { readonly view: HubView; readonly label: string; readonly href: string }[] = [
  { view: 'devices', label: 'Devices', href: '?' },
  { view: 'events', label: 'Events', href: '?show=events' },
];

/** Each view has an address of its own, yet going back leaves the hub. */
export function HubViews(props: { readonly current: HubView }): JSX.Element {
  return (
    <nav class="views" aria-label="Views of the hub">
      <For each={views}>
        {({ view, label, href }) => (
          <a
            class="views__link"
            href={href}
            noScroll
            replace
            aria-current={props.current === view ? 'page' : undefined}
          >
            {label}
          </a>
        )}
      </For>
    </nav>
  );
}
