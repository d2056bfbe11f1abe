/**
 * Order of work, most urgent first. The lanes of the contract, with `auth` split in two because refreshes may use
 * the reserve and logins may not: a login waiting for a token must not hold up a refresh behind it.
 */
export const urgencies = ['command', 'refresh', 'login', 'interactive', 'background'] as const;
export type Urgency = (typeof urgencies)[number];

/** Whether `one` starts no later than `other` would. */
export function isAsUrgent(one: Urgency, other: Urgency): boolean {
  return urgencies.indexOf(one) <= urgencies.indexOf(other);
}

/** Lanes in which one tenant holds no more than its share while others wait (docs/coordinator.md). */
export function isUrgent(urgency: Urgency): boolean {
  return isAsUrgent(urgency, 'login');
}

/** Lanes that may take the last tokens, too. */
export function mayUseReserve(urgency: Urgency): boolean {
  return urgency === 'command' || urgency === 'refresh';
}
