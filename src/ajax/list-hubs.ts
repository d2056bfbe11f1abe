import {
  type UpstreamHubBinding,
  upstreamHub,
  upstreamHubList,
} from '../../coordinator/contract/upstream.ts';
import { type ErrorCode, GatewayError } from '../kernel/errors.ts';
import { findHub } from './find-hub.ts';
import { type Hub, toHub, toUnreadableHub } from './hub.ts';
import { combineMarks, type Read, type Reader, read } from './read.ts';
import { together } from './together.ts';

/** Failures of one hub that say nothing about the others. */
const OF_ONE_HUB: ReadonlySet<ErrorCode> = new Set([
  'hub_offline',
  'upstream_bad_request',
  'upstream_forbidden',
  'upstream_not_found',
  'upstream_error',
  'upstream_timeout',
  'upstream_unavailable',
]);

/** All hubs of the caller with their state. One that cannot be read does not hide the others. */
export async function listHubs(reader: Reader): Promise<Read<Hub[]>> {
  const list = await read(reader, upstreamHubList, ['hubs']);
  const details = await together(list.data.map((binding) => readOrExplain(reader, binding)));
  const failures = details.filter((detail) => detail.error !== undefined);
  const [first] = failures;
  if (first?.error && failures.length === details.length) throw first.error;
  return {
    data: details.map((detail) => detail.data),
    cache: combineMarks([list.cache, ...details.map((detail) => detail.cache)]),
  };
}

async function readOrExplain(
  reader: Reader,
  binding: UpstreamHubBinding,
): Promise<Read<Hub> & { error?: GatewayError }> {
  try {
    return await readHub(reader, binding);
  } catch (error) {
    if (!(error instanceof GatewayError) || !OF_ONE_HUB.has(error.code)) throw error;
    return { data: toUnreadableHub(binding, error.code), cache: undefined, error };
  }
}

async function readHub(reader: Reader, binding: UpstreamHubBinding): Promise<Read<Hub>> {
  const { data, cache } = await read(reader, upstreamHub, ['hubs', binding.hubId]);
  return { data: toHub(binding, data), cache };
}

/** One hub. @throws GatewayError upstream_not_found */
export async function getHub(reader: Reader, hubId: string): Promise<Read<Hub>> {
  const { data: binding } = await findHub(reader, hubId);
  return readHub(reader, binding);
}
