import { createRoute, type z } from '@hono/zod-openapi';
import { type AdministratorPolicy, administratorsOnly } from '../access/index.ts';
import {
  type BillingDependencies,
  endGrant,
  entitlementAt,
  giveGrant,
  grantSchema,
  readGrantsOf,
  timelineOf,
  toGrantView,
} from '../billing/index.ts';
import { findAccount, findAccounts } from '../identity/index.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofBody, ofChange, ofIds, ofSession, problems } from '../kernel/problems.ts';
import {
  grantBodySchema,
  grantEndSchema,
  grantIdParams,
  userIdParam,
  usersQuerySchema,
  usersSchema,
} from './users-schema.ts';

export interface UsersDependencies extends BillingDependencies {
  readonly administrators: AdministratorPolicy;
}

type Grants = Awaited<ReturnType<typeof readGrantsOf>>;
type Account = Awaited<ReturnType<typeof findAccounts>>[number];

/** `/api/v1/admin/users`: accounts with their grants. */
export function usersRoutes(deps: UsersDependencies) {
  const { database, clock, config } = deps;
  const always = { tags: ['admin'], ...administratorsOnly(deps.administrators) };
  const listRoute = createRoute({
    ...always,
    method: 'get',
    path: '/users',
    operationId: 'listUsers',
    summary: 'Accounts with their plans and grants, newest first',
    request: { query: usersQuerySchema },
    responses: {
      200: jsonContent(usersSchema, 'A page of accounts'),
      ...problems(...ofSession, 'invalid_request', 'administrator_required'),
    },
  });
  const giveRoute = createRoute({
    ...always,
    method: 'post',
    path: '/users/{user_id}/grants',
    operationId: 'giveGrant',
    summary: 'Give an account a plan',
    request: {
      params: userIdParam,
      body: { content: { 'application/json': { schema: grantBodySchema } }, required: true },
    },
    responses: {
      201: jsonContent(grantSchema, 'The grant'),
      ...problems(
        ...ofSession,
        ...ofChange,
        ...ofBody,
        ...ofIds,
        'administrator_required',
        'account_not_found',
      ),
    },
  });
  const endRoute = createRoute({
    ...always,
    ...administratorsOnly(deps.administrators, 'Those of subscriptions end with the subscription only.'),
    method: 'post',
    path: '/users/{user_id}/grants/{grant_id}/end',
    operationId: 'endGrant',
    summary: 'Take a grant back, from now on',
    request: {
      params: grantIdParams,
      body: { content: { 'application/json': { schema: grantEndSchema } }, required: true },
    },
    responses: {
      200: jsonContent(grantSchema, 'As it is now'),
      ...problems(
        ...ofSession,
        ...ofChange,
        ...ofBody,
        ...ofIds,
        'administrator_required',
        'grant_not_found',
      ),
    },
  });

  const viewOf = (row: Parameters<typeof toGrantView>[0], all: Grants, accountId: string) =>
    toGrantView(row, timelineOf(all.get(accountId) ?? [], config.plans.defaultPlan), clock.now());

  function toUser(account: Account, all: Grants): z.infer<typeof usersSchema>['users'][number] {
    const grants = all.get(account.id) ?? [];
    const { plan, source, until } = entitlementAt(timelineOf(grants, config.plans.defaultPlan), clock.now());
    return {
      ...{
        id: account.id,
        email: account.email,
        ajax_user_id: account.ajaxUserId,
        is_active: account.isActive,
      },
      created_at: account.createdAt.toISOString(),
      last_login_at: account.lastLoginAt.toISOString(),
      ...{ plan, plan_source: source, plan_until: until?.toISOString() ?? null },
      grants: [...grants].reverse().map((grant) => viewOf(grant, all, account.id)),
    };
  }

  return createRouter()
    .openapi(listRoute, async (c) => {
      const { limit, before_id, search } = c.req.valid('query');
      const accounts = await findAccounts(database, { search, limit, beforeId: before_id });
      const ids = accounts.map(({ id }) => id);
      const all = await database.run((sql) => readGrantsOf(sql, ids));
      const next_before_id = accounts.length < limit ? null : (ids.at(-1) ?? null);
      return c.json({ users: accounts.map((account) => toUser(account, all)), next_before_id }, 200);
    })
    .openapi(giveRoute, async (c) => {
      const { user_id: accountId } = c.req.valid('param');
      const { plan, reason, ...period } = c.req.valid('json');
      const from = period.from === undefined ? undefined : new Date(period.from);
      const until = period.until == null ? undefined : new Date(period.until);
      if (until !== undefined && until.getTime() <= (from?.getTime() ?? clock.now())) {
        const error = {
          loc: ['body', 'until'],
          msg: 'Expected a moment after the beginning',
          type: 'custom',
        };
        throw new GatewayError('invalid_request', { detail: `body.until: ${error.msg}`, errors: [error] });
      }
      if ((await findAccount(database, accountId)) === undefined) throw new GatewayError('account_not_found');
      const order = { accountId, plan, from, until, reason };
      const given = await giveGrant(deps, order, c.var.caller, c.var.facts);
      const all = await database.run((sql) => readGrantsOf(sql, [accountId]));
      return c.json(viewOf(given, all, accountId), 201);
    })
    .openapi(endRoute, async (c) => {
      const { user_id: accountId, grant_id: grantId } = c.req.valid('param');
      const { reason } = c.req.valid('json');
      const ended = await endGrant(deps, { accountId, grantId, reason }, c.var.caller, c.var.facts);
      const all = await database.run((sql) => readGrantsOf(sql, [accountId]));
      return c.json(viewOf(ended, all, accountId), 200);
    });
}
