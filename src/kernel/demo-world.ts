/**
 * Things that exist in the demo. The API's description shows them as examples, so that every request on /docs can be
 * sent as it stands; a test compares them with the simulator.
 */
export const demoWorld = {
  login: 'demo@ajaxsecurflow.dev',
  password: 'demo-1234',
  userId: 'c3cf55eedb3d2841',
  /** A home without groups. */
  hub: { id: '4D24B203', name: 'Linden Street 12' },
  device: { id: 'D6BF3A17', name: 'Front door' },
  room: { id: '9F9B9B4E', name: 'Entrance' },
  lamp: { id: 'BBCE4449', name: 'Floor lamp' },
  scenario: { id: '3A7A496E', name: 'Good night' },
  /** A shop with groups. */
  shop: { id: '2DF55527', name: 'Lumen Coffee' },
  group: { id: '52513589', name: 'Sales floor' },
} as const;

/** Of what has no fixed id: receipts, jobs, sessions, accounts, correlation ids. */
export const exampleUuid = '01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e';
