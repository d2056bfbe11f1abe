import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { readerOf } from '../ajax/index.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, forEverybody, invalidRequest, jsonContent } from '../kernel/openapi.ts';
import { ofBody, ofChange, ofJson, ofSession, ofUpstream, problems } from '../kernel/problems.ts';
import { authenticate } from './authenticate.ts';
import { clearSessionCookies, REFRESH_COOKIE, setSessionCookies } from './cookies.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { login, type SignedIn } from './login.ts';
import { logout } from './logout.ts';
import { describeMe } from './me.ts';
import { refresh } from './refresh.ts';
import {
  credentialsSchema,
  detailSchema,
  exampleToken,
  meSchema,
  refreshBodySchema,
  tokenPairSchema,
} from './schema.ts';

/** Of signing in; `login` and the coordinator throw them. */
const ofLogin = [
  ...ofBody,
  ...ofChange,
  ...ofUpstream,
  'login_failed',
  'sign_in_locked',
  'account_type_unsupported',
  'account_disabled',
  'database_unavailable',
] as const;

/** The refresh token may come in the body. */
const withOrWithoutCookie: Record<string, string[]>[] = [{ refreshCookie: [] }, {}];

/** Where the routes are: the first gateway had them at both places. */
export type IdentityPlace = 'auth' | 'users';

/** `/api/v1/auth`, and the same under `/api/v1/users`. */
export function identityRoutes(deps: IdentityDependencies, place: IdentityPlace) {
  const reader = readerOf(deps);
  const authenticated = authenticate(deps);
  const tags = [place];
  const idOf = (operation: string) => (place === 'auth' ? operation : `${operation}AtUsers`);

  const tokenRoute = createRoute({
    method: 'post',
    path: '/token',
    operationId: idOf('signIn'),
    tags,
    summary: 'Sign in with an Ajax account',
    description:
      'The password goes to Ajax as its hash and is kept nowhere. An access token works only with the User-Agent it ' +
      'was issued to.',
    ...forEverybody,
    request: { body: { content: { 'application/json': { schema: credentialsSchema } }, required: true } },
    responses: {
      200: jsonContent(tokenPairSchema, 'Tokens, also set as HttpOnly cookies', 'Set-Cookie'),
      ...problems(...ofLogin),
    },
  });
  const refreshRoute = createRoute({
    method: 'post',
    path: '/refresh',
    operationId: idOf('refresh'),
    tags,
    summary: 'Exchange a refresh token for a new pair',
    description: 'From the body, else from the cookie. A refresh token is used once.',
    security: withOrWithoutCookie,
    request: {
      body: {
        // Described, not validated here: an empty body with a JSON content type is as good as none.
        content: {
          'application/json': {
            schema: {
              type: 'object' as const,
              properties: {
                refresh_token: { type: ['string', 'null'] as ['string', 'null'], maxLength: 4096 },
              },
            },
            example: { refresh_token: exampleToken },
          },
        },
        required: false,
      },
    },
    responses: {
      200: jsonContent(
        tokenPairSchema,
        'New tokens; the used refresh token is no longer valid',
        'Set-Cookie',
      ),
      ...problems(
        ...ofChange,
        ...ofJson,
        'invalid_request',
        'invalid_refresh_token',
        'account_disabled',
        'database_unavailable',
      ),
    },
  });
  const logoutRoute = createRoute({
    method: 'post',
    path: '/logout',
    operationId: idOf('signOut'),
    tags,
    summary: 'End the session: access and refresh token',
    middleware: [clearCookiesAfterwards(deps), authenticated],
    responses: {
      200: jsonContent(detailSchema, 'Signed out', 'Set-Cookie'),
      ...problems(...ofSession, ...ofChange),
    },
  });
  const meRoute = createRoute({
    method: 'get',
    path: '/me',
    operationId: idOf('getMe'),
    tags,
    summary: 'The account, its plan and its Ajax profile',
    middleware: [authenticated],
    responses: { 200: jsonContent(meSchema, 'The account'), ...problems(...ofSession) },
  });

  return createRouter()
    .openapi(tokenRoute, async (c) => {
      const { username, password, totp } = c.req.valid('json');
      const language = c.req.header('accept-language');
      const credentials = { email: username, password, totp, language };
      const signedIn = await login(deps, credentials, c.var.facts, c.req.raw.signal);
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
    .openapi(meRoute, async (c) => {
      const { administrators } = deps.config;
      return c.json(await describeMe(deps.database, c.var.caller, administrators, reader(c), deps.log), 200);
    });
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
