/** A signed-in client of the product. */
import { z } from 'zod';
import { USER_AGENT } from './load.ts';
import type { Server } from './processes.ts';

export interface Account {
  readonly login: string;
  readonly password: string;
}

export interface SignedIn {
  readonly authorization: string;
  readonly sessionId: string;
  /** Epoch ms when the token expires. */
  readonly expiresAt: number;
}

const answerSchema = z.object({ access_token: z.string() });
const claimsSchema = z.object({ sid: z.string(), exp: z.number() });

export async function signIn({ origin }: Server, { login, password }: Account): Promise<SignedIn> {
  const response = await fetch(`${origin}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'user-agent': USER_AGENT, 'content-type': 'application/json' },
    body: JSON.stringify({ username: login, password }),
  });
  if (response.status !== 200) throw new Error(`Login answered ${response.status}: ${await response.text()}`);
  const { access_token } = answerSchema.parse(await response.json());
  const payload = Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString();
  const { sid, exp } = claimsSchema.parse(JSON.parse(payload));
  return { authorization: `Bearer ${access_token}`, sessionId: sid, expiresAt: exp * 1_000 };
}

/** The status of a read with this token. */
export async function statusOf({ origin }: Server, { authorization }: SignedIn): Promise<number> {
  const headers = { 'user-agent': USER_AGENT, authorization };
  const response = await fetch(`${origin}/api/v1/ajax/hubs`, { headers });
  await response.arrayBuffer();
  return response.status;
}
