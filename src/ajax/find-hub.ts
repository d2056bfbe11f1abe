import { type UpstreamHubBinding, upstreamHubList } from '../../coordinator/contract/upstream.ts';
import { GatewayError } from '../kernel/errors.ts';
import { type Read, type Reader, read } from './read.ts';

/**
 * The caller's binding to one hub, from the list that is cached for long. A hub the list does not name may be new,
 * so the list is asked for once more. Somebody else's hub and none at all answer alike.
 * @throws GatewayError upstream_not_found
 */
export async function findHub(reader: Reader, hubId: string): Promise<Read<UpstreamHubBinding>> {
  const known = await bindings({ ...reader, noCache: false }, hubId);
  if (known.data !== undefined) return { ...known, data: known.data };
  const fresh = await bindings({ ...reader, noCache: true }, hubId);
  if (fresh.data !== undefined) return { ...fresh, data: fresh.data };
  throw new GatewayError('upstream_not_found', { detail: 'This account has no hub with this id' });
}

async function bindings(reader: Reader, hubId: string): Promise<Read<UpstreamHubBinding | undefined>> {
  const { data, cache } = await read(reader, upstreamHubList, ['hubs']);
  return { data: data.find((hub) => hub.hubId.toLowerCase() === hubId.toLowerCase()), cache };
}
