import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../kernel/context.ts';
import { createKeyedHash } from '../kernel/crypto.ts';
import type { SupportDependencies } from './contact.ts';
import { supportRoutes } from './routes.ts';

export { listRequests, markRequest, type SupportRequest } from './requests.ts';
export { requestChange, requestParams, requestQuery, requestSchema } from './schema.ts';

/** What people write to the operator. */
export async function createSupport(
  deps: Omit<SupportDependencies, 'hashSender'> & { readonly secretKey: string },
) {
  const { secretKey, ...rest } = deps;
  const all = { ...rest, hashSender: await createKeyedHash(secretKey, 'gateway:support') };
  return { routes: (recognize: MiddlewareHandler<GatewayEnv>) => supportRoutes(all, recognize) };
}

export type Support = Awaited<ReturnType<typeof createSupport>>;
