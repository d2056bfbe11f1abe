import { For, type JSX } from 'solid-js';
import './views.css';

export interface View<Name extends string> {
  readonly view: Name;
  readonly label: string;
  /** Relative to the page. */
  readonly href: string;
}

/** Each view of a page has an address of its own, yet going back leaves the page. */
export function Views<Name extends string>(props: {
  readonly label: string;
  readonly views: readonly View<Name>[];
  readonly current: Name;
}): JSX.Element {
  return (
    <nav class="views" aria-label={props.label}>
      <For each={props.views}>
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
