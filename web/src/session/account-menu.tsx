import { A } from '@solidjs/router';
import { createSignal, For, type JSX, Show } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import { explainError } from '../api/error-words.ts';
import type { Me } from '../api/types.ts';
import { Icon, type IconName } from '../design/icons.tsx';
import { setTheme, type Theme, theme } from '../design/theme.ts';
import { PlanBadge } from './plan-badge.tsx';
import { useMe, useSession } from './session-context.ts';
import './account-menu.css';

const PANEL_ID = 'account-panel';

const themes: readonly { readonly value: Theme; readonly label: string; readonly icon: IconName }[] = [
  { value: 'auto', label: 'Auto', icon: 'auto' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'night' },
];

export function AccountMenu(): JSX.Element {
  const me = useMe();
  return (
    <Show when={me()}>
      {(person) => (
        <>
          <p class="account-badge">
            <span class="visually-hidden">Plan: </span>
            <PlanBadge plan={person().subscription_plan} />
          </p>
          <button type="button" class="account-button" popovertarget={PANEL_ID}>
            <span class="visually-hidden">Account </span>
            {writeInitials(person())}
          </button>
          <section id={PANEL_ID} popover="auto" class="flyout" aria-label="Account">
            <div class="account__person">
              <p class="account__name">{writeName(person())}</p>
              <p class="account__mail">{person().email}</p>
            </div>
            <ul class="account__links">
              <MenuLink href="/plan" icon="plan" label="Plan">
                <PlanBadge plan={person().subscription_plan} />
              </MenuLink>
              <MenuLink href="/notifications" icon="bell" label="Notifications" />
              <MenuLink href="/support" icon="help" label="Support" />
              <Show when={person().is_administrator}>
                <MenuLink href="/admin" icon="shield" label="Administration" />
              </Show>
            </ul>
            <ThemeChoice />
            <p class="account__api">
              <a class="link" href="/docs" target="_blank" rel="noopener">
                API
              </a>
            </p>
            <SignOutButton />
          </section>
        </>
      )}
    </Show>
  );
}

function MenuLink(props: {
  readonly href: string;
  readonly icon: IconName;
  readonly label: string;
  readonly children?: JSX.Element;
}): JSX.Element {
  return (
    <li>
      <A
        class="account__link"
        href={props.href}
        onClick={() => document.getElementById(PANEL_ID)?.hidePopover()}
      >
        <Icon name={props.icon} />
        <span class="account__link-words">{props.label}</span>
        {props.children}
      </A>
    </li>
  );
}

function ThemeChoice(): JSX.Element {
  return (
    <fieldset class="choice">
      <legend class="choice__legend">Theme</legend>
      <div class="choice__options">
        <For each={themes}>
          {(option) => (
            <label class="choice__option">
              <input
                type="radio"
                name="theme"
                class="visually-hidden"
                value={option.value}
                checked={theme() === option.value}
                onChange={() => setTheme(option.value)}
              />
              <Icon name={option.icon} />
              {option.label}
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}

function SignOutButton(): JSX.Element {
  const { signOut } = useSession();
  const [problem, setProblem] = createSignal<string>();

  async function leave(): Promise<void> {
    try {
      await signOut();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(`Still signed in. ${explainError(error)}`);
    }
  }

  return (
    <>
      <button type="button" class="button button--wide" onClick={leave}>
        <Icon name="signout" />
        Sign out
      </button>
      <Show when={problem()}>
        <p class="account__problem" role="alert">
          {problem()}
        </p>
      </Show>
    </>
  );
}

function writeName(me: Me): string {
  return [me.ajax_info?.firstName, me.ajax_info?.lastName].filter(Boolean).join(' ') || me.email;
}

function writeInitials(me: Me): string {
  const words = writeName(me).split(/[\s@.]+/);
  return `${words[0]?.charAt(0) ?? ''}${words[1]?.charAt(0) ?? ''}`.toUpperCase();
}
