import { createEffect, type JSX, onMount } from 'solid-js';

let isFirstPage = true;

/** A page's frame: sets the tab's title and, after a navigation, moves the focus to the page's heading. */
export function Page(props: {
  readonly title: string;
  readonly class?: string;
  readonly children: JSX.Element;
}): JSX.Element {
  let page: HTMLElement | undefined;

  createEffect(() => {
    document.title = `${props.title} · AjaxSecurFlow`;
  });
  onMount(() => {
    if (!isFirstPage) page?.focus({ preventScroll: true });
    isFirstPage = false;
  });

  return (
    <main
      ref={(element) => {
        page = element;
      }}
      id="main"
      class={`page ${props.class ?? ''}`}
      tabindex="-1"
      aria-label={props.title}
    >
      {props.children}
    </main>
  );
}
