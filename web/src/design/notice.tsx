import { type JSX, Show } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import { explainError } from '../api/error-words.ts';
import { Icon, type IconName } from './icons.tsx';

/** A full stop where content would be: nothing here, not allowed, or not reachable. */
export function Notice(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children: JSX.Element;
  readonly action?: JSX.Element;
  readonly isTrouble?: boolean;
}): JSX.Element {
  return (
    <div class="notice" classList={{ 'notice--trouble': props.isTrouble ?? false }}>
      <span class="notice__icon">
        <Icon name={props.icon} />
      </span>
      <div class="notice__words">
        <p class="notice__title">{props.title}</p>
        <p class="notice__text">{props.children}</p>
      </div>
      <Show when={props.action}>
        <div class="notice__action">{props.action}</div>
      </Show>
    </div>
  );
}

/** What went wrong, in the gateway's own words, and a way to try again. */
export function Trouble(props: {
  readonly title: string;
  readonly error: unknown;
  readonly onRetry: () => void;
}): JSX.Element {
  return (
    <div role="alert">
      <Notice
        icon="alert"
        title={props.title}
        isTrouble
        action={
          <>
            <Show when={isOverQuota(props.error)}>
              <a class="button button--primary" href="/plan">
                See your plan
              </a>{' '}
            </Show>
            <button type="button" class="button" onClick={() => props.onRetry()}>
              Try again
            </button>
          </>
        }
      >
        {explainError(props.error)}
      </Notice>
    </div>
  );
}

const isOverQuota = (error: unknown): boolean => error instanceof ApiError && error.code === 'quota_exceeded';
