import { type UpstreamUser, upstreamUser } from '../../coordinator/contract/upstream.ts';
import { type Reader, read } from './read.ts';

/** The caller's profile at Ajax. */
export async function getProfile(reader: Reader): Promise<UpstreamUser> {
  return (await read(reader, upstreamUser, [])).data;
}
