import { createEffect, createSignal, type JSX, onMount, Show } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { DemoAccount } from '../api/types.ts';
import { Brand } from '../design/brand.tsx';
import { Icon } from '../design/icons.tsx';
import { StateRing } from '../hubs/state-ring.tsx';
import type { SignedOutReason } from './create-session.ts';
import { createSignIn } from './create-sign-in.ts';
import { DemoAccounts } from './demo-accounts.tsx';
import { useSession } from './session-context.ts';
import './sign-in.css';

export function SignInPage(props: { readonly why: SignedOutReason }): JSX.Element {
  const session = useSession();
  onMount(() => {
    document.title = 'Sign in · AjaxSecurFlow';
  });

  return (
    <div class="gate">
      <aside class="gate__scene" aria-hidden="true">
        <Brand />
        <StateRing state="armed" />
        <p class="gate__motto">Every hub, one calm view.</p>
      </aside>
      <main class="gate__main" id="main">
        <div class="gate__column">
          <div class="gate__brand">
            <Brand />
          </div>
          <h1 class="gate__title">Sign in</h1>
          <Reason why={props.why} />
          <SignInForm demoAccounts={session.info()?.demo?.accounts ?? []} />
        </div>
      </main>
    </div>
  );
}

function Reason(props: { readonly why: SignedOutReason }): JSX.Element {
  const texts: Readonly<Record<SignedOutReason, string>> = {
    new: 'Use the e-mail and password of your Ajax account.',
    left: 'You are signed out. See you soon.',
    expired: 'Your session has ended. Sign in to go on where you were.',
    upstream:
      'Ajax has ended the connection to your account, so the gateway needs your password once more. Your hubs keep working as they are.',
  };
  const isNews = () => props.why === 'expired' || props.why === 'upstream';
  return (
    <p
      class="gate__reason"
      classList={{ 'gate__reason--news': isNews() }}
      role={isNews() ? 'status' : undefined}
    >
      {texts[props.why]}
    </p>
  );
}

function SignInForm(props: { readonly demoAccounts: readonly DemoAccount[] }): JSX.Element {
  const { signIn, demoAccount } = useSession();
  const form = createSignIn(signIn);
  const [fields, setFields] = createStore({ username: '', password: '', totp: '' });
  const [isCodeShown, setCodeShown] = createSignal(false);
  let submitButton: HTMLButtonElement | undefined;
  let password: HTMLInputElement | undefined;
  let username: HTMLInputElement | undefined;

  // Where a keyboard is drawn on the screen, focus would cover the page before it was seen.
  onMount(() => matchMedia('(hover: hover)').matches && username?.focus());

  createEffect(() => {
    if (form.problem()?.isMistake) password?.select();
  });

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const totp = fields.totp.replace(/\s/g, '');
    void form.submit({
      username: fields.username.trim(),
      password: fields.password,
      ...(totp && { totp }),
    });
  }

  async function fillIn(account: DemoAccount): Promise<void> {
    form.clearProblem();
    setFields({ username: account.login, password: account.password, totp: '' });
    setCodeShown(account.totp !== undefined);
    submitButton?.focus();
    if (account.totp === undefined) return;
    // The code on the card may be older than the half minute it is good for.
    const current = await demoAccount(account.login).catch(() => account);
    if (fields.username === account.login) setFields('totp', current?.totp ?? '');
  }

  return (
    <>
      <form class="form" onSubmit={onSubmit} aria-busy={form.isBusy()}>
        <Show when={form.problem()}>
          {(problem) => (
            <div class="form__problem" role="alert">
              <Icon name="alert" />
              <div>
                <p class="form__problem-title">{problem().title}</p>
                <p>{problem().text}</p>
              </div>
            </div>
          )}
        </Show>
        <label class="field">
          <span class="field__label">E-mail</span>
          <input
            ref={(element) => {
              username = element;
            }}
            class="field__input"
            type="email"
            name="username"
            autocomplete="username"
            inputmode="email"
            autocapitalize="none"
            spellcheck={false}
            required
            value={fields.username}
            onInput={(event) => setFields('username', event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field__label">Password</span>
          <input
            ref={(element) => {
              password = element;
            }}
            class="field__input"
            type="password"
            name="password"
            autocomplete="current-password"
            required
            value={fields.password}
            onInput={(event) => setFields('password', event.currentTarget.value)}
          />
        </label>
        <details
          class="disclosure"
          open={isCodeShown()}
          onToggle={(event) => setCodeShown(event.currentTarget.open)}
        >
          <summary class="disclosure__summary">
            <Icon name="forward" />I have a two-factor code
          </summary>
          <label class="field">
            <span class="field__label">Two-factor code</span>
            <input
              class="field__input field__input--code"
              name="totp"
              autocomplete="one-time-code"
              inputmode="numeric"
              maxlength={9}
              pattern="[0-9 ]{6,9}"
              title="The digits your app shows right now"
              value={fields.totp}
              onInput={(event) => setFields('totp', event.currentTarget.value)}
            />
          </label>
        </details>
        <button
          ref={(element) => {
            submitButton = element;
          }}
          type="submit"
          class="button button--primary button--wide"
          aria-disabled={form.isBusy()}
        >
          {form.isBusy() ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <Show when={props.demoAccounts.length > 0}>
        <DemoAccounts accounts={props.demoAccounts} onChoose={(account) => void fillIn(account)} />
      </Show>
    </>
  );
}
