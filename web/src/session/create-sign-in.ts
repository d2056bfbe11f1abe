import { type Accessor, createSignal } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
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
          : error.detail,
      isMistake: true,
    };
  }
  if (error.status === 429 || error.status === 403) {
    const wait = error.retryAfterSeconds ? ` Try again in ${writeSeconds(error.retryAfterSeconds)}.` : '';
    return { title: 'Too many attempts', text: `${error.detail}${wait}`, isMistake: false };
  }
  return { title: 'Ajax cannot be reached right now', text: error.detail, isMistake: false };
}

const writeSeconds = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
