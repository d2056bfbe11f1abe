import type { z } from '@hono/zod-openapi';
import { type AdministratorPolicy, isNamedAdministrator } from '../access/index.ts';
import { getProfile } from '../ajax/index.ts';
import { subscriptionOf } from '../billing/index.ts';
import type { Database } from '../db/client.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Log } from '../kernel/log.ts';
import type { meSchema } from './schema.ts';

type Me = z.infer<typeof meSchema>;
type Profile = Awaited<ReturnType<typeof getProfile>>;

/**
 * The caller as the gateway and Ajax know them. An upstream that cannot be read leaves `ajax_info` null.
 * @throws GatewayError database_unavailable
 */
export async function describeMe(
  database: Database,
  caller: Caller,
  administrators: AdministratorPolicy,
  reader: Parameters<typeof getProfile>[0],
  log: Log,
): Promise<Me> {
  const subscription = await database.run((sql) => subscriptionOf(sql, caller.accountId));
  const profile = await getProfile(reader).catch((error: unknown) => {
    log.info({ error, correlationId: reader.facts.correlationId }, 'profile not readable');
    return undefined;
  });
  const { plan, source, until } = caller.entitlement;
  // Clients ask whether the account has more than nothing, whoever pays for it.
  const isSubscribed = plan !== 'free';
  return {
    id: caller.accountId,
    email: caller.email,
    is_active: true,
    subscription_plan: plan,
    subscription_status: isSubscribed ? 'active' : 'inactive',
    subscription_expires_at: until?.toISOString() ?? null,
    subscription_active: isSubscribed,
    subscription_id: subscription?.id ?? null,
    subscription_source: source,
    billing_status: isSubscribed ? 'active' : 'inactive',
    features: [...caller.features],
    is_administrator: isNamedAdministrator(administrators, caller.email),
    ajax_info: profile ? toAjaxInfo(caller, profile) : null,
  };
}

/** Ajax keeps the whole name in `firstName`; it is split at the first space, as existing clients expect. */
function toAjaxInfo({ ajaxUserId }: Caller, profile: Profile): NonNullable<Me['ajax_info']> {
  const [firstName, ...rest] = (profile.firstName ?? '').trim().split(/\s+/);
  const { imageUrls } = profile;
  return {
    id: ajaxUserId,
    phone: profile.phone ?? null,
    firstName: firstName || null,
    lastName: rest.join(' ') || null,
    language: profile.language ?? null,
    login: profile.login ?? null,
    imageUrls: imageUrls
      ? {
          small: imageUrls.small ?? null,
          medium: imageUrls.medium ?? null,
          large: imageUrls.big ?? null,
          big: imageUrls.big ?? null,
        }
      : null,
  };
}
