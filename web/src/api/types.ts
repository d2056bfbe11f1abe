/** What the gateway's /api/v1 answers. Names are the wire's own; absent values are null, optional ones are left out. */

export type Plan = 'free' | 'basic' | 'pro' | 'premium';

export type Feature =
  | 'list_hubs'
  | 'read_devices'
  | 'read_rooms'
  | 'read_groups'
  | 'read_telemetry'
  | 'read_logs'
  | 'send_commands'
  | 'access_proxy';

export interface DemoAccount {
  readonly login: string;
  readonly password: string;
  /** A note on where the two-factor code comes from, never the code itself. */
  readonly totp?: string | null;
  readonly description: string;
}

export interface GatewayInfo {
  readonly name: string;
  readonly version: string;
  readonly demo: { readonly accounts: readonly DemoAccount[] } | null;
}

export interface AjaxProfile {
  readonly id: string;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly language: string | null;
  readonly login: string | null;
}

export interface Me {
  readonly id: string | number;
  readonly email: string;
  readonly is_active: boolean;
  readonly subscription_plan: Plan;
  readonly subscription_status: string | null;
  readonly subscription_expires_at: string | null;
  readonly subscription_active: boolean;
  readonly billing_status: string;
  readonly features: readonly string[];
  readonly ajax_info: AjaxProfile | null;
}

export type SignalLevel = 'NO_SIGNAL' | 'WEAK' | 'NORMAL' | 'STRONG';

export interface Hub {
  readonly id: string;
  readonly name: string;
  readonly role: string | null;
  readonly online: boolean;
  readonly state: string | null;
  /** The upstream's own value, such as PARTIALLY_ARMED_NIGHT_MODE_OFF. */
  readonly exact_state: string | null;
  readonly groups_enabled: boolean | null;
  readonly active_channels: readonly string[] | null;
  /** What raises an alarm right now; empty in normal life. */
  readonly alarm_condition?: readonly string[] | null;
  readonly malfunctions?: readonly string[] | null;
  /** In lists only: the error code when the detail of this hub could not be read. */
  readonly unavailable?: string | null;
  readonly hub_subtype: string | null;
  readonly externallyPowered: boolean | null;
  readonly tampered: boolean | null;
  readonly firmware: {
    readonly version: string | null;
    readonly newVersionAvailable: boolean | null;
    readonly latestAvailableVersion: string | null;
  } | null;
  readonly battery: { readonly chargeLevelPercentage: number | null; readonly state: string | null } | null;
  readonly gsm: { readonly signalLevel: string | null } | null;
}

export interface Device {
  readonly id: string;
  readonly hubId: string;
  readonly name: string;
  readonly deviceType: string;
  readonly roomId: string | null;
  readonly groupId: string | null;
  readonly online: boolean;
  readonly battery_level?: number;
  readonly signal_level?: string;
  readonly temperature?: number;
  readonly tampered?: boolean;
  readonly malfunctions?: readonly string[];
  readonly issues_count?: number;
  readonly reed_closed?: boolean;
  readonly leak_detected?: boolean;
  readonly switch_state?: readonly string[];
  readonly humidity?: number;
  readonly co2?: number;
}

export interface Room {
  readonly id: string;
  readonly roomName: string;
}

export interface Group {
  readonly id: string;
  readonly hub_id: string;
  readonly name: string;
  readonly state: string | null;
}

/** 0 disarm, 1 arm, 2 night mode. */
export type ArmState = 0 | 1 | 2;

export interface ArmCommand {
  readonly armState: ArmState;
  readonly groupId?: string;
  readonly ignoreProblems?: boolean;
}

export interface ArmAnswer {
  readonly success: boolean;
  readonly outcome: 'done' | 'in_progress';
  readonly message: string;
}

export interface RejectionReason {
  readonly source_type: string | null;
  readonly source_id: string | null;
  readonly code: string | null;
}

export interface Budget {
  readonly limit: number;
  readonly window_seconds: number;
  readonly used: number;
  readonly waiting: number;
  readonly mine: { readonly used: number; readonly waiting: number };
  readonly predicted_wait_ms: number;
}

export interface AuditEntry {
  readonly id: string | number;
  readonly endpoint: string | null;
  readonly method: string | null;
  readonly action: string | null;
  readonly payload: unknown;
  /** How it ended, where the gateway knows more than the status: done, in_progress, not_executed, unknown, failed. */
  readonly outcome?: string | null;
  readonly status_code: number | null;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
  readonly severity: string | null;
  readonly resource_id: string | null;
  readonly latency_ms: number | null;
  readonly correlation_id: string | null;
  readonly timestamp: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly totp?: string;
}
