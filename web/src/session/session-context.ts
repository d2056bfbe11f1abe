import { createContext, useContext } from 'solid-js';
import type { Me } from '../api/types.ts';
import type { Session } from './create-session.ts';

export const SessionContext = createContext<Session>();

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession needs a SessionContext above it');
  return session;
}

/** The signed-in person, or undefined while the page is being left. */
export function useMe(): () => Me | undefined {
  const { state } = useSession();
  return () => {
    const current = state();
    return current.step === 'signed-in' ? current.me : undefined;
  };
}
