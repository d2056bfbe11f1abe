import { createSignal, type JSX } from 'solid-js';
import type { WebhookWithSecret } from '../api/types.ts';
import { Dialog } from '../design/dialog.tsx';

/** Shows the secret of a webhook for the only time. */
export function SecretDialog(props: {
  readonly webhook: WebhookWithSecret;
  readonly onClose: () => void;
}): JSX.Element {
  const [copied, setCopied] = createSignal<'yes' | 'failed'>();

  async function copy(): Promise<void> {
    try {
      // Only where the page came by HTTPS or from this machine.
      await navigator.clipboard.writeText(props.webhook.secret);
      setCopied('yes');
    } catch {
      setCopied('failed');
    }
  }

  return (
    <Dialog title="Keep this secret" onClose={props.onClose}>
      <p class="dialog__text">
        It proves that a message to {props.webhook.url} is from this gateway. It is shown only now.
      </p>
      <p class="secret">
        <code>{props.webhook.secret}</code>
      </p>
      <p class="dialog__text dialog__text--quiet" role="status">
        {copied() === 'yes' ? 'Copied.' : ''}
        {copied() === 'failed' ? 'The browser does not allow copying here: select it by hand.' : ''}
      </p>
      <div class="dialog__actions">
        <button type="button" class="button" onClick={copy}>
          Copy
        </button>
        <button type="button" class="button button--primary" onClick={props.onClose}>
          I have kept it
        </button>
      </div>
    </Dialog>
  );
}
