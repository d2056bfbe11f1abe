import type { Feature, Grant, PlanOfAccount } from '../api/types.ts';
import { writeDate } from '../design/time.ts';
import { namePlan } from '../session/name-plan.ts';

type Source = PlanOfAccount['source'];

const sourceWords: Readonly<Record<Source, string>> = {
  stripe: 'From your subscription',
  voucher: 'From a voucher',
  trial: 'Your trial',
  admin: 'Given to you by the operator',
  default: 'Everybody on this gateway has it',
};

/** "From a voucher, until 31 August 2026. Then Free." */
export function writeWhy({ source, until, next, payments }: PlanOfAccount): string {
  const why = sourceWords[source];
  const { subscription } = payments;
  if (source === 'stripe' && subscription && !subscription.ends_with_period) {
    // Its grant ends some days after the period, for payments that are late; who pays in time never sees that end.
    if (subscription.status === 'past_due') {
      return `${why}, whose last payment failed.${until ? ` It ends on ${writeDate(until)}, unless that is paid.` : ''}`;
    }
    if (subscription.period_end) return `${why}, renewed on ${writeDate(subscription.period_end)}.`;
  }
  if (until === null) return source === 'default' ? `${why}.` : `${why}, with no end in sight.`;
  const period = `${why}, until ${writeDate(until)}.`;
  return next && next.from === until ? `${period} Then ${namePlan(next.plan)}.` : period;
}

/** What a grant does now: "In force until 31 August 2026". */
export function writeGrantState(grant: Grant): string {
  const until = grant.decides_until ?? grant.until;
  switch (grant.state) {
    case 'in_force':
      return until && grant.source !== 'stripe' ? `In force until ${writeDate(until)}` : 'In force';
    case 'covered':
      return grant.until
        ? `Runs until ${writeDate(grant.until)} beside something as good`
        : 'Runs beside something as good';
    case 'waiting':
      return grant.decides_from
        ? `${writeDays(grant.days_left ?? 0)} kept, from ${writeDate(grant.decides_from)}`
        : `${writeDays(grant.days_left ?? 0)} kept until nothing as good is in force`;
    case 'upcoming':
      return `From ${writeDate(grant.from)}`;
    case 'ended':
      return grant.ended_at ? `Taken back on ${writeDate(grant.ended_at)}` : 'Taken back';
    case 'over':
      return until ? `Over since ${writeDate(until)}` : 'Over';
  }
}

const grantNames: Readonly<Record<Grant['source'], string>> = {
  stripe: 'Subscription',
  voucher: 'Voucher',
  trial: 'Trial',
  admin: 'From the operator',
};

export const nameGrant = ({ source }: Pick<Grant, 'source'>): string => grantNames[source];

export const isPast = ({ state }: Grant): boolean => state === 'over' || state === 'ended';

/** "1 day", "12 days", "0.5 days". */
export const writeDays = (days: number): string =>
  `${new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 }).format(days)} ${days === 1 ? 'day' : 'days'}`;

export const featureWords: Readonly<Record<Feature, string>> = {
  list_hubs: 'Hubs and their state',
  read_devices: 'Devices',
  read_rooms: 'Rooms',
  read_groups: 'Groups',
  read_telemetry: 'Temperature, battery, signal',
  read_logs: 'Events',
  send_commands: 'Arm and disarm',
  access_proxy: 'Home Assistant and other programs',
};
