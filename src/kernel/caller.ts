/** Who is calling: put into the request's context by identity, read by everybody above the shield. */

/** From the least to the most. */
export const plans = ['free', 'basic', 'pro', 'premium'] as const;
export type Plan = (typeof plans)[number];

export const features = [
  'list_hubs',
  'read_devices',
  'read_rooms',
  'read_groups',
  'read_telemetry',
  'read_logs',
  'send_commands',
  'access_proxy',
] as const;
export type Feature = (typeof features)[number];

/** Where a plan comes from; `default` when no grant is in force. */
export const grantSources = ['stripe', 'voucher', 'trial', 'admin'] as const;
export type GrantSource = (typeof grantSources)[number];

export interface Entitlement {
  readonly plan: Plan;
  readonly source: GrantSource | 'default';
  /** Until then there is no moment with a lower plan; undefined when no end is known. */
  readonly until: Date | undefined;
}

export interface Caller {
  readonly accountId: string;
  /** The account's id at Ajax: names the upstream session. */
  readonly ajaxUserId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly entitlement: Entitlement;
  readonly features: ReadonlySet<Feature>;
}
