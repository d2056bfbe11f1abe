import { type Accessor, createSignal } from 'solid-js';
import type { AdminCalls } from '../api/admin-calls.ts';
import { ApiError } from '../api/api-error.ts';

export type Access = 'checking' | 'open' | 'secret' | 'unreachable';

export interface Admin {
  /** `secret`: this gateway wants the secret of administrators as well (ADMIN_SECRET_KEY). */
  readonly access: Accessor<Access>;
  readonly error: Accessor<unknown>;
  /** Tries with what is known. @returns whether it let us in */
  readonly enter: () => Promise<boolean>;
  /** The same with a secret, kept in memory until the page is left. */
  readonly enterWith: (secret: string) => Promise<boolean>;
}

/** Finds out what the gateway asks of this administrator, by asking for the least there is to see. */
export function createAdmin(calls: AdminCalls): Admin {
  const [access, setAccess] = createSignal<Access>('checking');
  const [error, setError] = createSignal<unknown>();

  async function enter(): Promise<boolean> {
    setError(undefined);
    try {
      await calls.deadLetters();
      setAccess('open');
      return true;
    } catch (reason) {
      const isRefused = reason instanceof ApiError && reason.code === 'administrator_required';
      setAccess(isRefused ? 'secret' : 'unreachable');
      setError(reason);
      return false;
    }
  }

  return {
    access,
    error,
    enter,
    enterWith: async (secret) => {
      calls.useSecret(secret);
      const isIn = await enter();
      if (access() === 'secret') calls.useSecret(undefined);
      return isIn;
    },
  };
}
