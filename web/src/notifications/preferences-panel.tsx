import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js';
import type { PreferencesChange } from '../api/notification-calls.ts';
import type { NotificationKind, Preference, Preferences } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Trouble } from '../design/notice.tsx';
import { createLive, type Live } from '../live/create-live.ts';
import { useMe, useSession } from '../session/session-context.ts';
import { kindsOf, kindWords } from './kind-words.ts';

const PREFERENCES_INTERVAL_MS = 120_000;

const everyChannel: readonly { readonly channel: Preference['channel']; readonly label: string }[] = [
  { channel: 'in_app', label: 'Here' },
  { channel: 'mail', label: 'By mail' },
];

export function PreferencesPanel(): JSX.Element {
  const { gateway } = useSession();
  const preferences = createLive((options) => gateway.notifications.preferences(options), {
    intervalMs: PREFERENCES_INTERVAL_MS,
  });
  return (
    <Switch fallback={<div class="skeleton skeleton--block panel" />}>
      <Match when={preferences.data()}>{(data) => <Choices data={data()} live={preferences} />}</Match>
      <Match when={preferences.error()}>
        <Trouble
          title="Your settings could not be read"
          error={preferences.error()}
          onRetry={preferences.refresh}
        />
      </Match>
    </Switch>
  );
}

function Choices(props: { readonly data: Preferences; readonly live: Live<Preferences> }): JSX.Element {
  const { gateway } = useSession();
  const me = useMe();
  const [error, setError] = createSignal<unknown>();
  // One after the other, so that the last choice is the one that stays.
  let last: Promise<unknown> = Promise.resolve();

  function change(wanted: PreferencesChange, undo: () => void): void {
    setError(undefined);
    last = last.then(async () => {
      try {
        await gateway.notifications.changePreferences(wanted);
      } catch (reason) {
        undo();
        setError(reason);
        return;
      }
      await props.live.refresh();
    });
  }

  const channels = () =>
    everyChannel.filter(({ channel }) => channel !== 'mail' || props.data.mail_available);
  const find = (kind: NotificationKind, channel: Preference['channel']) =>
    props.data.preferences.find((one) => one.kind === kind && one.channel === channel);

  return (
    <section class="panel" aria-labelledby="preferences-title">
      <h2 id="preferences-title" class="panel__title">
        What you are told
      </h2>
      <p class="panel__text">
        {props.data.mail_available
          ? 'Payments and the safety of your account cannot be turned off.'
          : 'This gateway sends no mail, so everything is told here.'}
      </p>
      <ActionProblem title="Not saved" error={error()} />
      <table class="choices">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">About</span>
            </th>
            <For each={channels()}>{({ label }) => <th scope="col">{label}</th>}</For>
          </tr>
        </thead>
        <tbody>
          <For each={kindsOf({ isAdministrator: me()?.is_administrator ?? false })}>
            {(kind) => (
              <tr>
                <th scope="row">
                  <span class="item__title">{kindWords[kind].name}</span>
                  <span class="item__text">{kindWords[kind].about}</span>
                </th>
                <For each={channels()}>
                  {({ channel, label }) => (
                    <td>
                      <Show when={find(kind, channel)}>
                        {(one) => (
                          <label class="choices__box">
                            <span class="visually-hidden">
                              {kindWords[kind].name}, {label.toLowerCase()}
                            </span>
                            <input
                              type="checkbox"
                              checked={one().enabled}
                              disabled={one().essential}
                              onChange={(event) => {
                                const box = event.currentTarget;
                                change({ preferences: [{ kind, channel, enabled: box.checked }] }, () => {
                                  box.checked = one().enabled;
                                });
                              }}
                            />
                          </label>
                        )}
                      </Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <Show when={props.data.mail_available}>
        <label class="field choices__language">
          <span class="field__label">Language of mails and notifications</span>
          <select
            class="field__input"
            onChange={(event) => {
              const select = event.currentTarget;
              change({ language: (select.value || null) as Preferences['language'] }, () => {
                select.value = props.data.language ?? '';
              });
            }}
          >
            <option value="" selected={props.data.language === null}>
              As the browser says
            </option>
            <option value="en" selected={props.data.language === 'en'}>
              English
            </option>
            <option value="es" selected={props.data.language === 'es'}>
              Español
            </option>
          </select>
        </label>
      </Show>
    </section>
  );
}
