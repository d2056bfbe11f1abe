import { createEffect, createUniqueId, type JSX, onCleanup } from 'solid-js';
import './dialog.css';

/**
 * A native modal dialog: the browser keeps the focus inside, closes on Escape and gives the focus back. Rendered while
 * it is open.
 */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: JSX.Element;
}): JSX.Element {
  const titleId = createUniqueId();
  let dialog: HTMLDialogElement | undefined;
  const opener = document.activeElement;

  createEffect(() => dialog?.showModal());
  onCleanup(() => {
    dialog?.close();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });

  return (
    <dialog
      ref={(element) => {
        dialog = element;
      }}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <h2 id={titleId} class="dialog__title" tabindex="-1" autofocus>
        {props.title}
      </h2>
      {props.children}
    </dialog>
  );
}
