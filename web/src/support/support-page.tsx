import { For, type JSX, Show } from 'solid-js';
import { createStore } from 'solid-js/store';
import { createAction } from '../api/create-action.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Icon } from '../design/icons.tsx';
import { Page } from '../design/page.tsx';
import { useMe, useSession } from '../session/session-context.ts';
import { categories } from './categories.ts';
import './support.css';

export function SupportPage(): JSX.Element {
  const { gateway } = useSession();
  const me = useMe();
  const [fields, setFields] = createStore({
    ...{ category: 'general', subject: '', message: '', email: '' },
    wantsConfirmation: true,
  });
  const answersTo = () => fields.email.trim() || (me()?.email ?? '');

  const sending = createAction(async () => {
    const { category, subject, message, email, wantsConfirmation } = fields;
    await gateway.support.contact({
      ...{
        category,
        subject: subject.trim(),
        message: message.trim(),
        email_confirmation: wantsConfirmation,
      },
      ...(email.trim() && { email: email.trim() }),
    });
    setFields({ subject: '', message: '' });
    return answersTo();
  });

  return (
    <Page title="Support" class="support">
      <h1 class="page__title">Support</h1>
      <p class="page__lead">
        Write to the operator of this gateway. Alarms and hubs themselves are the business of Ajax.
      </p>
      <form
        class="form"
        aria-busy={sending.isBusy()}
        onSubmit={(event) => {
          event.preventDefault();
          void sending.run();
        }}
      >
        <label class="field">
          <span class="field__label">What it is about</span>
          <select class="field__input" onChange={(event) => setFields('category', event.currentTarget.value)}>
            <For each={categories}>
              {({ value, label }) => (
                <option value={value} selected={fields.category === value}>
                  {label}
                </option>
              )}
            </For>
          </select>
        </label>
        <label class="field">
          <span class="field__label">Subject</span>
          <input
            class="field__input"
            maxlength={200}
            required
            pattern=".*\S.*"
            title="A few words"
            value={fields.subject}
            onInput={(event) => setFields('subject', event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field__label">Message</span>
          <textarea
            class="field__input"
            rows={8}
            maxlength={5000}
            required
            aria-describedby="message-hint"
            value={fields.message}
            onInput={(event) => setFields('message', event.currentTarget.value)}
          />
          <span id="message-hint" class="field__hint">
            Never write your password. {5000 - fields.message.length} characters are left.
          </span>
        </label>
        <p class="support__answer">
          <Icon name="letter" />
          <span>
            The answer goes to <strong>{answersTo()}</strong>.
          </span>
        </p>
        <details class="disclosure">
          <summary class="disclosure__summary">
            <Icon name="forward" />
            Answer to another address
          </summary>
          <label class="field">
            <span class="field__label">E-mail</span>
            <input
              class="field__input"
              type="email"
              autocomplete="email"
              maxlength={254}
              value={fields.email}
              onInput={(event) => setFields('email', event.currentTarget.value)}
            />
          </label>
        </details>
        <label class="check">
          <input
            type="checkbox"
            checked={fields.wantsConfirmation}
            onChange={(event) => setFields('wantsConfirmation', event.currentTarget.checked)}
          />
          Confirm by mail, where this gateway sends mail
        </label>
        <ActionProblem title="Not sent" error={sending.error()} />
        <button type="submit" class="button button--primary" aria-disabled={sending.isBusy()}>
          {sending.isBusy() ? 'Sending…' : 'Send'}
        </button>
      </form>
      <div role="status">
        <Show when={sending.result()}>
          {(email) => (
            <p class="done">
              <Icon name="check" />
              <span>
                <strong>Your message is with the operator.</strong> The answer goes to {email()}.
              </span>
            </p>
          )}
        </Show>
      </div>
    </Page>
  );
}
