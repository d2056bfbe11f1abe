import { type Accessor, createSignal } from 'solid-js';

export interface Action<Args extends readonly unknown[], Result> {
  readonly isBusy: Accessor<boolean>;
  /** Of the last run, until the next one begins. */
  readonly error: Accessor<unknown>;
  readonly result: Accessor<Result | undefined>;
  /** Does nothing while it is busy: what costs money is not done twice by a double click. Never rejects. */
  readonly run: (...args: Args) => Promise<boolean>;
  /** Forgets how the last run ended. */
  readonly clear: () => void;
}

/** Something a person does with a button or a form: once at a time, and its end is kept to be shown. */
export function createAction<Args extends readonly unknown[], Result>(
  act: (...args: Args) => Promise<Result>,
): Action<Args, Result> {
  const [isBusy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const [result, setResult] = createSignal<Result>();

  const clear = (): void => {
    setError(undefined);
    setResult(undefined);
  };

  return {
    isBusy,
    error,
    result,
    clear,
    run: async (...args) => {
      if (isBusy()) return false;
      setBusy(true);
      clear();
      try {
        const ended = await act(...args);
        setResult(() => ended);
        return true;
      } catch (reason) {
        setError(reason);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
