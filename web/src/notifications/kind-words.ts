import type { NotificationKind } from '../api/types.ts';

export const kindWords: Readonly<
  Record<NotificationKind, { readonly name: string; readonly about: string }>
> = {
  payment: { name: 'Payments', about: 'Received, failed, refunded' },
  plan_change: { name: 'Plan', about: 'Begins, changes, ends' },
  voucher: { name: 'Vouchers', about: 'What you have redeemed' },
  security: { name: 'Safety of your account', about: 'New places, locked sign-ins' },
  operator: { name: 'This gateway', about: 'For its administrators: keys, throttling, the switch' },
  support: { name: 'Support', about: 'Your messages, and answers to them' },
  webhook: { name: 'Webhooks', about: 'One was switched off' },
  hub_event: { name: 'Hubs', about: 'Alarms and events' },
};

/** What this account can be told about at present: nothing comes from hubs yet. */
export const kindsOf = ({
  isAdministrator,
}: {
  readonly isAdministrator: boolean;
}): readonly NotificationKind[] =>
  (Object.keys(kindWords) as NotificationKind[]).filter(
    (kind) => kind !== 'hub_event' && (kind !== 'operator' || isAdministrator),
  );
