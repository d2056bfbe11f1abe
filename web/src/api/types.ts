/** What the gateway answers, as its own routes declare it. */
import type { InferRequestType } from 'hono/client';
import type { AnswerOf, Client } from './client.ts';

type Ajax = Client['ajax'];
type OfHub = Ajax['hubs'][':hub_id'];

/** Ajax allows things without a name; the dashboard gives them one when it reads them. */
export type Named<T> = Omit<T, 'name'> & { readonly name: string };

export type GatewayInfo = AnswerOf<Client['info']['$get']>;
export type DemoAccount = NonNullable<GatewayInfo['demo']>['accounts'][number];
export type Credentials = InferRequestType<Client['auth']['token']['$post']>['json'];

export type Me = AnswerOf<Client['auth']['me']['$get']>;
export type Plan = Me['subscription_plan'];
export type Feature = Me['features'][number];

export type Hub = Named<AnswerOf<OfHub['$get']>>;
export type Device = Named<AnswerOf<OfHub['devices']['$get']>[number]>;
export type Group = Named<AnswerOf<OfHub['groups']['$get']>[number]>;
export type Room = AnswerOf<OfHub['rooms']['$get']>[number];
export type HubLog = AnswerOf<OfHub['logs']['$get']>;
export type HubEvent = HubLog['logs'][number];

type ArmBody = InferRequestType<OfHub['arm-state']['$post']>['json'];
/** 0 disarm, 1 arm, 2 night mode. */
export type ArmState = NonNullable<ArmBody['armState']>;
/** The spelling the dashboard uses, of those the gateway takes. */
export type ArmCommand = Pick<ArmBody, 'groupId' | 'ignoreProblems'> & { readonly armState: ArmState };
export type ArmAnswer = AnswerOf<OfHub['arm-state']['$post'], 200 | 202>;
/** Receipt of a command. */
export type Command = AnswerOf<Client['commands'][':id']['$get']>;

export type Budget = AnswerOf<Client['budget']['$get']>;
export type AuditEntry = AnswerOf<Client['security']['audit-logs']['$get']>[number];

type Billing = Client['billing'];
export type PlanOfAccount = AnswerOf<Billing['plan']['$get']>;
export type Subscription = NonNullable<PlanOfAccount['payments']['subscription']>;
export type Grant = PlanOfAccount['grants'][number];
export type PlanOffer = PlanOfAccount['plans'][number];
export type Quota = PlanOfAccount['quotas'][number];
export type RedeemedVoucher = AnswerOf<Billing['redeem']['$post']>;
export type UsageDay = AnswerOf<Billing['usage']['$get']>['days'][number];
export type HistoryEntry = AnswerOf<Billing['history']['$get']>[number];

type Notifications = Client['notifications'];
export type NotificationSummary = AnswerOf<Notifications['summary']['$get']>;
export type Notification = NotificationSummary['notifications'][number];
export type NotificationKind = Notification['kind'];
export type Preferences = AnswerOf<Notifications['preferences']['$get']>;
export type Preference = Preferences['preferences'][number];

type Webhooks = Client['webhooks'];
export type Webhook = AnswerOf<Webhooks['$get']>[number];
export type WebhookWithSecret = AnswerOf<Webhooks['$post'], 201>;
export type NewWebhook = InferRequestType<Webhooks['$post']>['json'];
export type WebhookDelivery = AnswerOf<Webhooks[':id']['deliveries']['$get']>[number];

type Admin = Client['admin'];
export type User = AnswerOf<Admin['users']['$get']>['users'][number];
export type ManualGrant = InferRequestType<Admin['users'][':user_id']['grants']['$post']>['json'];
export type Voucher = AnswerOf<Admin['vouchers']['$get']>['vouchers'][number];
export type SupportRequest = AnswerOf<Admin['support']['$get']>[number];
export type DeadLetter = AnswerOf<Admin['dead-letters']['$get']>[number];
export type CoordinatorStatus = AnswerOf<Admin['coordinator']['$get']>;
export type UpstreamSwitch = InferRequestType<Admin['upstream']['$put']>['json'];
export type UpstreamState = AnswerOf<Admin['upstream']['$put']>;
