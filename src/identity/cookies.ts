import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import type { Config } from '../config.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import type { TokenPair } from './tokens.ts';

export const ACCESS_COOKIE = 'access_token';
export const REFRESH_COOKIE = 'refresh_token';

/** Scripts cannot read them: the dashboard never holds a token. */
export function setSessionCookies(c: Context<GatewayEnv>, config: Config, pair: TokenPair): void {
  const options = cookieOptions(c, config);
  setCookie(c, ACCESS_COOKIE, pair.accessToken, { ...options, maxAge: config.tokens.accessSeconds });
  setCookie(c, REFRESH_COOKIE, pair.refreshToken, { ...options, maxAge: config.tokens.refreshSeconds });
}

export function clearSessionCookies(c: Context<GatewayEnv>, config: Config): void {
  const options = cookieOptions(c, config);
  deleteCookie(c, ACCESS_COOKIE, options);
  deleteCookie(c, REFRESH_COOKIE, options);
}

function cookieOptions(c: Context<GatewayEnv>, { cookies }: Config): CookieOptions {
  return {
    path: '/',
    httpOnly: true,
    secure: cookies.secure === 'auto' ? c.var.facts.secure : cookies.secure,
    sameSite: cookies.sameSite,
    ...(cookies.domain === undefined ? {} : { domain: cookies.domain }),
  };
}
