/** JSON Web Tokens (RFC 7519) of the gateway: HS256 by default, the claims existing clients know plus `sid`. */
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import { deriveBytes, sha256Hex } from '../kernel/crypto.ts';
import { newId } from '../kernel/ids.ts';

const claims = {
  /** E-mail of the account. */
  sub: z.string(),
  sid: z.uuid(),
  jti: z.string(),
  /** Seconds since the epoch. */
  exp: z.number(),
};
const accessClaimsSchema = z.object({
  ...claims,
  type: z.literal('access'),
  /** SHA-256 (hex) of the User-Agent the token was issued to. */
  uah: z.string(),
  /** Address the token was issued to. */
  uip: z.string(),
});
const refreshClaimsSchema = z.object({ ...claims, type: z.literal('refresh') });

export type AccessClaims = z.infer<typeof accessClaimsSchema>;
export type RefreshClaims = z.infer<typeof refreshClaimsSchema>;

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface TokenSubject {
  readonly email: string;
  readonly sessionId: string;
  readonly refreshId: string;
  readonly userAgent: string;
  readonly clientAddress: string;
}

export interface Tokens {
  issue(subject: TokenSubject): Promise<TokenPair>;
  /** undefined for anything that is not a valid access token for this User-Agent now. */
  verifyAccess(token: string, userAgent: string): Promise<AccessClaims | undefined>;
  verifyRefresh(token: string): Promise<RefreshClaims | undefined>;
}

export interface TokenOptions {
  readonly algorithm: 'HS256' | 'HS384' | 'HS512';
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

export async function createTokens(secretKey: string, options: TokenOptions, clock: Clock): Promise<Tokens> {
  const key = await deriveBytes(secretKey, 'gateway:tokens', 64);
  // Verifying costs far more than remembering; entries are dropped when they expire.
  const verified = new LRUCache<string, AccessClaims>({ max: 10_000 });

  const sign = (payload: Record<string, unknown>, jti: string, seconds: number) => {
    const issuedAt = Math.floor(clock.now() / 1000);
    return new SignJWT(payload)
      .setProtectedHeader({ alg: options.algorithm, typ: 'JWT' })
      .setJti(jti)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(key);
  };

  async function verify<T extends z.ZodType>(token: string, schema: T): Promise<z.infer<T> | undefined> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [options.algorithm],
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'sub', 'jti', 'sid'],
      });
      return schema.safeParse(payload).data;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  return {
    async issue({ email, sessionId, refreshId, userAgent, clientAddress }) {
      const access = { sub: email, sid: sessionId, type: 'access', uah: await sha256Hex(userAgent) };
      const [accessToken, refreshToken] = await Promise.all([
        sign({ ...access, uip: clientAddress }, newId(clock.now()), options.accessSeconds),
        sign({ sub: email, sid: sessionId, type: 'refresh' }, refreshId, options.refreshSeconds),
      ]);
      return { accessToken, refreshToken };
    },
    async verifyAccess(token, userAgent) {
      const claims = verified.get(token) ?? (await verify(token, accessClaimsSchema));
      if (claims === undefined) return undefined;
      if (claims.exp * 1000 <= clock.now()) {
        verified.delete(token);
        return undefined;
      }
      verified.set(token, claims);
      return claims.uah === (await hashOf(userAgent)) ? claims : undefined;
    },
    verifyRefresh: (token) => verify(token, refreshClaimsSchema),
  };
}

const hashes = new LRUCache<string, string>({ max: 1_000 });

/** Clients repeat their User-Agent on every request. */
async function hashOf(userAgent: string): Promise<string> {
  const known = hashes.get(userAgent);
  if (known !== undefined) return known;
  const hash = await sha256Hex(userAgent);
  hashes.set(userAgent, hash);
  return hash;
}
