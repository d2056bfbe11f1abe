import { createContext, useContext } from 'solid-js';
import type { NotificationSummary } from '../api/types.ts';
import type { Live } from '../live/create-live.ts';

export const InboxContext = createContext<Live<NotificationSummary>>();

export function useInbox(): Live<NotificationSummary> {
  const inbox = useContext(InboxContext);
  if (!inbox) throw new Error('useInbox needs an InboxContext above it');
  return inbox;
}
