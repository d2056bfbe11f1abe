import { createSignal, For, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { Grant, User } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Icon } from '../design/icons.tsx';
import { writeMoment } from '../design/time.ts';
import { isPast, nameGrant, writeGrantState } from '../plan/plan-words.ts';
import { PlanBadge } from '../session/plan-badge.tsx';
import { useSession } from '../session/session-context.ts';
import { GrantDialog } from './grant-dialog.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

interface UserRowProps {
  readonly user: User;
  readonly onChange: () => Promise<void>;
}

export function UserRow(props: UserRowProps & { readonly opened: Set<string> }): JSX.Element {
  const [isGiving, setGiving] = createSignal(false);
  const remember = (isOpen: boolean) => {
    if (isOpen) props.opened.add(props.user.id);
    else props.opened.delete(props.user.id);
  };
  return (
    <li class="item user">
      <span class="item__words">
        <span class="item__title">{props.user.email}</span>
        <span class="item__text">Last signed in {writeMoment(props.user.last_login_at)}</span>
      </span>
      <PlanBadge plan={props.user.plan} />
      <span class="item__actions">
        <button
          type="button"
          class="button"
          aria-label={`Give a plan to ${props.user.email}`}
          onClick={() => setGiving(true)}
        >
          Give a plan
        </button>
      </span>
      <Show when={props.user.grants.length > 0}>
        <details
          class="disclosure user__grants"
          open={props.opened.has(props.user.id)}
          onToggle={(event) => {
            // One that is taken off the page says that it closes.
            if (event.currentTarget.isConnected) remember(event.currentTarget.open);
          }}
        >
          <summary class="disclosure__summary">
            <Icon name="forward" />
            Grants ({props.user.grants.length})
          </summary>
          <ul class="items">
            <For each={props.user.grants}>
              {(grant) => <GrantLine user={props.user} grant={grant} onChange={props.onChange} />}
            </For>
          </ul>
        </details>
      </Show>
      <Show when={isGiving()}>
        <GrantDialog
          user={props.user}
          onClose={() => setGiving(false)}
          onGiven={async () => {
            setGiving(false);
            await props.onChange();
          }}
        />
      </Show>
    </li>
  );
}

function GrantLine(props: UserRowProps & { readonly grant: Grant }): JSX.Element {
  const { admin } = useSession().gateway;
  const [isEnding, setEnding] = createSignal(false);
  const ending = createAction(async (reason: string) => {
    await admin.endGrant(props.user.id, props.grant.id, reason);
    setEnding(false);
    await props.onChange();
  });
  // Those of subscriptions end with the subscription only.
  const canEnd = () => !isPast(props.grant) && props.grant.source !== 'stripe';

  return (
    <li class="item">
      <span class="item__words">
        <span class="item__title">{nameGrant(props.grant)}</span>
        <span class="item__text">{writeGrantState(props.grant)}</span>
        <Show when={props.grant.reason}>{(reason) => <span class="item__text">“{reason()}”</span>}</Show>
      </span>
      <PlanBadge plan={props.grant.plan} />
      <Show when={canEnd()}>
        <button
          type="button"
          class="button"
          aria-label={`Take back ${props.grant.plan} of ${props.user.email}`}
          onClick={() => setEnding(true)}
        >
          Take back
        </button>
      </Show>
      <Show when={isEnding()}>
        <ReasonDialog
          title="Take this grant back?"
          text={`${props.user.email} loses what it gives at once.`}
          confirm="Take back"
          ending={ending}
          onClose={() => setEnding(false)}
        />
      </Show>
      <Show when={!isEnding()}>
        <ActionProblem title="Not taken back" error={ending.error()} />
      </Show>
    </li>
  );
}
