import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { readerOf } from '../ajax/index.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, invalidRequest, jsonContent, problemAnswers } from '../kernel/openapi.ts';
import { authenticate } from './authenticate.ts';
import { clearSessionCookies, REFRESH_COOKIE, setSessionCookies } from './cookies.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { login, type SignedIn } from './login.ts';
import { logout } from './logout.ts';
import { describeMe } from './me.ts';
import { refresh } from './refresh.ts';
import { credentialsSchema, detailSchema, meSchema, refreshBodySchema, tokenPairSchema } from './schema.ts';

const tags = ['auth'];

const tokenRoute = createRoute({
  method: 'post',
  path: '/token',
  tags,
  summary: 'Sign in with an Ajax account',
  request: { body: { content: { 'application/json': { schema: credentialsSchema } }, required: true } },
  responses: {
    200: jsonContent(tokenPairSchema, 'Tokens, also set as HttpOnly cookies'),
    ...problemAnswers(400, 401, 403, 413, 422, 429, 502, 503, 504),
  },
});
const refreshRoute = createRoute({
  method: 'post',
  path: '/refresh',
  tags,
  summary: 'Exchange a refresh token for a new pair',
  request: {
    body: {
      // Described, not validated here: an empty body with a JSON content type is as good as none.
      content: {
        'application/json': {
          schema: { type: 'object' as const, properties: { refresh_token: { type: 'string' as const } } },
        },
      },
      required: false,
    },
  },
  responses: {
    200: jsonContent(tokenPairSchema, 'New tokens; the used refresh token is no longer valid'),
    ...problemAnswers(400, 401, 403, 422, 503),
  },
});

/** `/api/v1/auth`, and the same under `/api/v1/users`. */
export function identityRoutes(deps: IdentityDependencies) {
  const reader = readerOf(deps);
  const authenticated = authenticate(deps);

  const logoutRoute = createRoute({
    method: 'post',
    path: '/logout',
    tags,
    summary: 'End the session: access and refresh token',
    middleware: [clearCookiesAfterwards(deps), authenticated],
    responses: { 200: jsonContent(detailSchema, 'Signed out'), ...problemAnswers(401, 503) },
  });
  const meRoute = createRoute({
    method: 'get',
    path: '/me',
    tags,
    summary: 'The account, its plan and its Ajax profile',
    middleware: [authenticated],
    responses: { 200: jsonContent(meSchema, 'The account'), ...problemAnswers(401, 503) },
  });

  return createRouter()
    .openapi(tokenRoute, async (c) => {
      const { username, password, totp } = c.req.valid('json');
      const signedIn = await login(deps, { email: username, password, totp }, c.var.facts, c.req.raw.signal);
      return c.json(answerTokens(c, deps, signedIn), 200);
    })
    .openapi(refreshRoute, async (c) => {
      const token = (await refreshTokenInBody(c)) ?? getCookie(c, REFRESH_COOKIE);
      return c.json(answerTokens(c, deps, await refresh(deps, token, c.var.facts)), 200);
    })
    .openapi(logoutRoute, async (c) => {
      await logout(deps, c.var.caller, c.var.facts);
      return c.json({ detail: 'Successfully logged out' }, 200);
    })
    .openapi(meRoute, async (c) => c.json(await describeMe(c.var.caller, reader(c), deps.log), 200));
}

function answerTokens(c: Context<GatewayEnv>, { config }: IdentityDependencies, signedIn: SignedIn) {
  setSessionCookies(c, config, signedIn);
  c.header('Cache-Control', 'no-store');
  return {
    access_token: signedIn.accessToken,
    refresh_token: signedIn.refreshToken,
    token_type: 'bearer' as const,
    userId: signedIn.ajaxUserId,
  };
}

/** The body is optional, and the first dashboard sends its content type with an empty one. */
async function refreshTokenInBody(c: Context<GatewayEnv>): Promise<string | undefined> {
  let body: unknown;
  try {
    const text = await c.req.text();
    if (text.trim() === '') return undefined;
    body = JSON.parse(text);
  } catch (error) {
    throw new GatewayError('malformed_json', { cause: error });
  }
  const parsed = refreshBodySchema.safeParse(body);
  if (!parsed.success) throw invalidRequest(parsed.error, 'json');
  return parsed.data.refresh_token ?? undefined;
}

/** Only the gateway can delete its cookies, so they go even when the session was no longer valid. */
function clearCookiesAfterwards({ config }: IdentityDependencies) {
  return async (c: Context<GatewayEnv>, next: () => Promise<void>) => {
    await next();
    if (c.res.status === 200 || c.res.status === 401) clearSessionCookies(c, config);
  };
}
