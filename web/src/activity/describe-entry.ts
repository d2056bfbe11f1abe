import type { AuditEntry } from '../api/types.ts';

export type EntryKind = 'arm' | 'night' | 'disarm' | 'session' | 'write' | 'read';
export type EntryResult = 'done' | 'running' | 'replayed' | 'unsent' | 'refused' | 'failed' | 'unknown';

export interface EntryView {
  readonly kind: EntryKind;
  readonly title: string;
  readonly result: EntryResult;
}

export const resultLabel: Readonly<Record<EntryResult, string>> = {
  done: 'Done',
  running: 'Running',
  replayed: 'Not sent again',
  unsent: 'Not sent',
  refused: 'Refused',
  failed: 'Failed',
  unknown: 'Not known',
};

export function describeEntry(
  entry: AuditEntry,
  nameOfHub: (hubId: string) => string | undefined,
): EntryView {
  return { ...describeAction(entry, nameOfHub), result: readResult(entry) };
}

type Action = Pick<EntryView, 'kind' | 'title'>;

const sessionActions: Readonly<Record<string, string>> = {
  'session.login': 'Sign-in',
  'session.logout': 'Sign-out',
  'session.address_changed': 'Session used from another address',
  'session.refresh_token_reused': 'Session ended: its key was used twice',
};

function describeAction(entry: AuditEntry, nameOfHub: (hubId: string) => string | undefined): Action {
  const { action } = entry;
  const session = sessionActions[action];
  if (session) return { kind: 'session', title: session };

  if (action === 'command.cancel') return { kind: 'write', title: 'Cancel an order' };

  const [target, verb] = action.split('.');
  const hub = readHubName(entry.endpoint, nameOfHub);
  const place = target === 'group' ? `a group of ${hub}` : hub;
  if (verb === 'arm') return { kind: 'arm', title: `Arm ${place}` };
  if (verb === 'disarm') return { kind: 'disarm', title: `Disarm ${place}` };
  if (verb?.startsWith('night')) return { kind: 'night', title: `Night mode for ${place}` };

  // An action that is newer than this page stays readable.
  const words = nameAction(action) || `${entry.method} ${entry.endpoint}`;
  return { kind: entry.method === 'GET' ? 'read' : 'write', title: words };
}

function readHubName(path: string, nameOfHub: (hubId: string) => string | undefined): string {
  const hubId = /\/hubs\/([^/]+)/.exec(path)?.[1];
  return hubId ? (nameOfHub(decodeURIComponent(hubId)) ?? `hub ${hubId}`) : 'a hub';
}

/** The outcome comes first: a command that went on after its answer keeps the status of that answer. */
function readResult({ outcome, status_code: status }: AuditEntry): EntryResult {
  if (status === null) return 'running';
  if (outcome === 'replayed') return 'replayed';
  if (outcome === 'not_executed') return 'unsent';
  // Nobody could follow it to its end.
  if (outcome === 'in_progress' || outcome === 'accepted') return 'unknown';
  if (outcome === 'unknown' || status === 504) return 'unknown';
  if (outcome === 'failed' && status < 400) return 'failed';
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

function nameAction(action: string): string {
  const words = action
    .replace(/[._-]+/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
