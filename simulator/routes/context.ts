/** What every route of the imitated API shares: its dependencies, the caller, and how bodies are read. */
import type { Context, Env } from 'hono';
import type { z } from 'zod';
import type { Arming } from '../arming.ts';
import { badRequest, forbidden, hubOffline, invalid } from '../errors.ts';
import type { EventLog } from '../events.ts';
import type { Account, Hub, LogRow, Member, Permission, World } from '../model.ts';
import type { Sessions } from '../sessions.ts';

export interface ApiDependencies {
  readonly world: World;
  readonly sessions: Sessions;
  readonly arming: Arming;
  readonly events: EventLog;
  readonly clock: () => number;
  /** The whole log of a hub, newest first. */
  readonly logOf: (hub: Hub) => readonly LogRow[];
}

export interface ApiEnv extends Env {
  Variables: {
    /** Owner of the session; set below `/user/{userId}`. */
    account: Account;
    /** Set below `/user/{userId}/hubs/{hubId}`. */
    hub: Hub;
    /** The caller's membership of that hub. */
    member: Member;
  };
}

export type ApiContext = Context<ApiEnv>;

export type Parsed<Value> = { readonly value: Value } | { readonly refusal: Response };

/** Reads a JSON body: 400 when it is not JSON, 422 when it says the wrong thing. */
export async function readBody<Schema extends z.ZodType>(
  context: ApiContext,
  resource: string,
  schema: Schema,
): Promise<Parsed<z.infer<Schema>>> {
  const text = await context.req.text();
  if (text.trim() === '') {
    return { refusal: invalid([{ resource, code: 'missing', message: 'Missing required entity' }]) };
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { refusal: badRequest('Failed to read JSON body') };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data };
  return {
    refusal: invalid(
      parsed.error.issues.map((issue) => ({
        resource,
        field: issue.path.join('.'),
        code: issue.message.includes('received undefined') ? 'missing_field' : 'invalid',
        message: issue.message,
      })),
    ),
  };
}

/** 403 unless the caller holds the permission on this hub. */
export function requirePermission(context: ApiContext, permission: Permission): Response | undefined {
  return context.var.member.permissions.includes(permission) ? undefined : forbidden(permission);
}

/** 503 while the hub is offline: nothing that must reach the hub can be done. */
export function requireOnline(context: ApiContext, command: string): Response | undefined {
  const { account, hub } = context.var;
  return hub.online ? undefined : hubOffline(account.userId, hub.id, command);
}

/** The two gates of everything that changes a hub. */
export function requireControl(
  context: ApiContext,
  permission: Permission,
  command: string,
): Response | undefined {
  return requirePermission(context, permission) ?? requireOnline(context, command);
}

export const done = () => new Response(null, { status: 204 });
