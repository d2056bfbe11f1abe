/** What people are told: every kind, its messages and what they carry. The words are in texts/. */
import { z } from 'zod';
import { plans } from '../kernel/caller.ts';

/** How it is drawn. */
export const tones = ['info', 'warning', 'success', 'error'] as const;
export type Tone = (typeof tones)[number];

/** What an account chooses per kind. Webhooks choose their kinds themselves. */
export const channels = ['in_app', 'mail'] as const;
export type Channel = (typeof channels)[number];

const message = <P extends z.ZodObject>(tone: Tone, params: P) => ({ tone, params });

const plan = z.enum(plans);
const moment = z.iso.datetime();
/** ISO 4217 and minor units of it, as Stripe has them. */
const money = { amount: z.number().int(), currency: z.string().regex(/^[a-zA-Z]{3}$/) };
const nothing = z.object({});

export const catalogue = {
  payment: {
    received: message('success', z.object({ ...money, plan })),
    failed: message('error', z.object({ ...money, retry_at: moment.nullable() })),
    refunded: message('info', z.object(money)),
  },
  plan_change: {
    changed: message('info', z.object({ from: plan, to: plan })),
    ending: message('warning', z.object({ plan, until: moment })),
    ended: message('warning', z.object({ plan, now: plan })),
    trial_started: message('success', z.object({ plan, until: moment })),
    granted: message('success', z.object({ plan, until: moment.nullable() })),
  },
  voucher: {
    /** `until`: null while what comes before has no known end. */
    redeemed: message('success', z.object({ plan, days: z.number().int(), until: moment.nullable() })),
  },
  security: {
    new_place: message('warning', z.object({ address: z.string(), device: z.string(), at: moment })),
    sign_in_locked: message('warning', z.object({ address: z.string(), until: moment })),
  },
  operator: {
    operator_key_invalid: message('error', nothing),
    upstream_throttled: message('warning', nothing),
    upstream_stopped: message('warning', z.object({ by: z.string(), reason: z.string().nullable() })),
    upstream_resumed: message('info', z.object({ by: z.string() })),
    /** `subject`: an id at Stripe. */
    payment_problem: message('error', z.object({ problem: z.string(), subject: z.string() })),
    /** `job`: the name of a kind of background jobs; `count`: of those that failed and are still there. */
    jobs_failed: message('error', z.object({ job: z.string(), count: z.number().int(), reason: z.string() })),
  },
  support: {
    received: message('info', z.object({ subject: z.string() })),
    received_from_stranger: message('info', nothing),
    /** For administrators. */
    request: message(
      'info',
      z.object({ subject: z.string(), category: z.string(), from: z.string(), text: z.string() }),
    ),
  },
  webhook: {
    test: message('info', nothing),
    disabled: message('error', z.object({ url: z.string() })),
  },
  /** Of hubs, once there is a stream of them. */
  hub_event: {},
} as const satisfies Record<string, Record<string, ReturnType<typeof message>>>;

export type Kind = keyof typeof catalogue;
export const kinds = Object.keys(catalogue) as [Kind, ...Kind[]];

export type MessageOf<K extends Kind> = Extract<keyof (typeof catalogue)[K], string>;
export type ParamsOf<K extends Kind, M extends MessageOf<K>> = (typeof catalogue)[K][M] extends {
  params: infer P extends z.ZodType;
}
  ? z.infer<P>
  : never;

/** Cannot be turned off: whoever lost money or an account must have been told. */
const essential: ReadonlySet<Kind> = new Set<Kind>(['payment', 'security']);
export const isEssential = (kind: Kind): boolean => essential.has(kind);

/** Of accounts that have not chosen. */
export function usually(kind: Kind, channel: Channel): boolean {
  return channel === 'in_app' || kind !== 'hub_event';
}

interface MessageDefinition {
  readonly tone: Tone;
  readonly params: z.ZodType;
}

export function definitionOf(kind: Kind, name: string): MessageDefinition | undefined {
  const messages: Readonly<Record<string, MessageDefinition>> = catalogue[kind] ?? {};
  return Object.hasOwn(messages, name) ? messages[name] : undefined;
}

/** Whether this version knows a stored message: another one may have stored it, or may run beside this one. */
export const isKnown = (kind: Kind, name: string, params: unknown): boolean =>
  definitionOf(kind, name)?.params.safeParse(params).success ?? false;

/** For what leaves the house and cannot be corrected. @throws Error so that a process that knows it does it later */
export function assertKnown(kind: Kind, name: string, params: unknown): void {
  if (!isKnown(kind, name, params)) throw new Error(`This version has no words for ${kind}.${name}`);
}
