import { type Accessor, createSignal } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import { explainError, joinSentences, writeRetry } from '../api/error-words.ts';
import type { Credentials } from '../api/types.ts';

export interface SignInProblem {
  readonly title: string;
  readonly text: string;
  /** Whether the person typed something wrong; an outage must never look like it. */
  readonly isMistake: boolean;
}

export interface SignIn {
  readonly isBusy: Accessor<boolean>;
  readonly problem: Accessor<SignInProblem | undefined>;
  /** For when what it was about has been replaced. */
  readonly clearProblem: () => void;
  readonly submit: (credentials: Credentials) => Promise<void>;
}

export function createSignIn(signIn: (credentials: Credentials) => Promise<void>): SignIn {
  const [isBusy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<SignInProblem>();

  return {
    isBusy,
    problem,
    clearProblem: () => setProblem(undefined),
    submit: async (credentials) => {
      if (isBusy()) return;
      setBusy(true);
      setProblem(undefined);
      try {
        await signIn(credentials);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setProblem(explainSignInError(error));
      } finally {
        setBusy(false);
      }
    },
  };
}

export function explainSignInError(error: ApiError): SignInProblem {
  if (error.status === 401 || error.status === 422) {
    return {
      title: 'That did not match',
      text:
        error.status === 401
          ? 'Ajax did not accept this e-mail and password. If your account uses two-factor sign-in, enter the current code too.'
          : explainError(error),
      isMistake: true,
    };
  }
  if (error.status === 429) {
    // Others may have used the turns up; somebody on a first try has done nothing too often.
    return {
      title: 'One moment, please',
      text: joinSentences('Sign-ins are limited so that everybody gets a turn', writeRetry(error)),
      isMistake: false,
    };
  }
  if (error.code === 'sign_in_locked') {
    // The gateway says until when in UTC; a wait needs no time zone.
    return {
      title: 'Locked for a while',
      text: joinSentences('There were too many failed attempts to sign in', writeRetry(error)),
      isMistake: false,
    };
  }
  if (error.status === 403) {
    return { title: 'Signing in is not possible here', text: explainError(error), isMistake: false };
  }
  return { title: 'Ajax cannot be reached right now', text: explainError(error), isMistake: false };
}
