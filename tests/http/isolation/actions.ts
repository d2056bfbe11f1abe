/** What people do, one line each. */
import { DEVICE_ID, GROUP_ID } from './world.ts';

export interface Ask {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the one who asks may choose from; ids of other people's things among them. */
export interface Choice {
  readonly hub: string;
  readonly command: string;
  readonly job: string;
}

export interface Action {
  readonly name: string;
  readonly ask: (choice: Choice) => Ask;
  /** A success shows data of Ajax, which must be that of the one who asks. */
  readonly shows?: 'hub' | 'own';
  /** Looks at what was done before, by its id, in a list or by its effect. */
  readonly isLook?: true;
  /** Nobody may: there is no success. */
  readonly isRefused?: true;
}

const FRESH = { 'cache-control': 'no-cache' };
const LATER = { prefer: 'respond-async' };
/** Everybody uses the same. */
const KEY = { 'idempotency-key': '"the same for all"' };
const hub = ({ hub: id }: Choice) => `/ajax/hubs/${id}`;
const arm = (choice: Choice, more: object = {}) => ({
  path: `${hub(choice)}/arm-state`,
  method: 'POST' as const,
  body: { armState: 1, ...more },
});

export const actions: readonly Action[] = [
  { name: 'lists hubs', shows: 'own', ask: () => ({ path: '/ajax/hubs' }) },
  { name: 'lists hubs afresh', shows: 'own', ask: () => ({ path: '/ajax/hubs', headers: FRESH }) },
  { name: 'lists hubs later', ask: () => ({ path: '/ajax/hubs', headers: LATER }) },
  { name: 'reads a hub', shows: 'hub', isLook: true, ask: (choice) => ({ path: hub(choice) }) },
  { name: 'reads a hub afresh', shows: 'hub', ask: (choice) => ({ path: hub(choice), headers: FRESH }) },
  { name: 'reads a hub later', ask: (choice) => ({ path: hub(choice), headers: LATER }) },
  {
    name: 'lists devices',
    shows: 'hub',
    isLook: true,
    ask: (choice) => ({ path: `${hub(choice)}/devices` }),
  },
  { name: 'lists devices later', ask: (choice) => ({ path: `${hub(choice)}/devices`, headers: LATER }) },
  {
    name: 'reads a device',
    shows: 'hub',
    ask: (choice) => ({ path: `${hub(choice)}/devices/${DEVICE_ID}` }),
  },
  { name: 'lists rooms', shows: 'hub', ask: (choice) => ({ path: `${hub(choice)}/rooms` }) },
  {
    name: 'lists groups',
    shows: 'hub',
    ask: (choice) => ({ path: `${hub(choice)}/groups`, headers: FRESH }),
  },
  { name: 'looks at themselves', ask: () => ({ path: '/auth/me' }) },
  { name: 'looks at the budget', ask: () => ({ path: '/budget' }) },
  { name: 'reads the audit trail', isLook: true, ask: () => ({ path: '/security/audit-logs?limit=200' }) },
  { name: 'arms', ask: (choice) => arm(choice) },
  { name: 'arms with a key', ask: (choice) => ({ ...arm(choice), headers: KEY }) },
  { name: 'arms later', ask: (choice) => ({ ...arm(choice), headers: LATER }) },
  {
    name: 'arms a group with a key',
    ask: (choice) => ({ ...arm(choice, { groupId: GROUP_ID }), headers: KEY }),
  },
  { name: 'lists commands', isLook: true, ask: () => ({ path: '/commands?limit=100' }) },
  { name: 'reads a receipt', isLook: true, ask: ({ command }) => ({ path: `/commands/${command}` }) },
  {
    name: 'cancels a command',
    isLook: true,
    ask: ({ command }) => ({ path: `/commands/${command}`, method: 'DELETE' }),
  },
  { name: 'reads a job', isLook: true, ask: ({ job }) => ({ path: `/jobs/${job}` }) },
  { name: 'cancels a job', isLook: true, ask: ({ job }) => ({ path: `/jobs/${job}`, method: 'DELETE' }) },
  { name: 'renews the session', ask: () => ({ path: '/auth/refresh', method: 'POST' }) },
  { name: 'asks for the operator’s view', isRefused: true, ask: () => ({ path: '/admin/coordinator' }) },
  { name: 'asks for what is not there', isRefused: true, ask: () => ({ path: '/ajax/nothing' }) },
];
