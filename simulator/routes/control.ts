/** `/_simulator`: the control surface over HTTP, so that a process under test can be driven from another one. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Control } from '../control.ts';
import type { FaultRule, Faults } from '../faults.ts';
import type { Journal } from '../journal.ts';
import type { DemoAccount } from '../model.ts';

export interface ControlRouteDependencies {
  readonly control: Control;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly accounts: readonly DemoAccount[];
}

const journalQuery = z.object({
  windowMs: z.coerce.number().int().positive().default(60_000),
  last: z.coerce.number().int().min(0).default(100),
  method: z.string().optional(),
  path: z.string().optional(),
  account: z.string().optional(),
  apiKey: z.string().optional(),
  status: z.coerce.number().int().optional(),
});

const faultBody = z.strictObject({
  match: z.strictObject({
    method: z.string().optional(),
    /** Contained in the path. */
    path: z.string().optional(),
    /** A regular expression instead. */
    pathPattern: z.string().optional(),
    account: z.string().optional(),
  }),
  times: z.number().int().positive().optional(),
  after: z.number().int().min(0).optional(),
  executes: z.boolean().optional(),
  outcome: z.union([
    z.enum(['hang', 'network-error', 'broken-body']),
    z.strictObject({ delayMs: z.number().int().min(0) }),
    z.strictObject({
      status: z.number().int().min(200).max(599),
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
  ]),
});

const hubBody = z.strictObject({
  online: z.boolean().optional(),
  externallyPowered: z.boolean().optional(),
  name: z.string().min(1).optional(),
  state: z.string().optional(),
  twoStageArming: z
    .strictObject({ enabled: z.boolean(), countdownSeconds: z.number().min(0).optional() })
    .optional(),
  keypad: z.strictObject({ armed: z.boolean(), groupId: z.string().optional() }).optional(),
});

const deviceBody = z.strictObject({
  online: z.boolean().optional(),
  open: z.boolean().nullable().optional(),
  tampered: z.boolean().optional(),
  batteryPercent: z.number().min(0).max(100).optional(),
  temperature: z.number().optional(),
  alarm: z
    .strictObject({
      kind: z.enum(['leak', 'smoke', 'heat', 'co', 'motion', 'glass']),
      active: z.boolean(),
    })
    .optional(),
});

const sessionsBody = z.strictObject({ account: z.string().optional(), refreshToo: z.boolean().optional() });

const keyBody = z.strictObject({ apiKey: z.string(), revoked: z.boolean() });

export function controlRoutes({ control, journal, faults, accounts }: ControlRouteDependencies) {
  const app = new Hono().basePath('/_simulator');

  app.get('/accounts', (context) => context.json(accounts));

  app.get('/journal', (context) => {
    const { windowMs, last, ...filter } = journalQuery.parse(context.req.query());
    const arrivals = journal.arrivals(filter);
    return context.json({
      total: arrivals.length,
      largestWindow: journal.largestWindow(windowMs, filter.apiKey),
      arrivals: last === 0 ? [] : arrivals.slice(-last),
    });
  });
  app.delete('/journal', (context) => {
    journal.clear();
    return context.body(null, 204);
  });

  app.get('/faults', (context) => context.json(faults.rules().map(readable)));
  app.post('/faults', async (context) => {
    const { match, ...rule } = faultBody.parse(await context.req.json());
    const { pathPattern, ...plain } = match;
    faults.push({
      ...rule,
      match: pathPattern === undefined ? plain : { ...plain, path: new RegExp(pathPattern) },
    });
    return context.json(faults.rules().map(readable), 201);
  });
  app.delete('/faults', (context) => {
    faults.clear();
    return context.body(null, 204);
  });

  app.get('/hubs', (context) => context.json(control.hubs()));
  app.get('/hubs/:hubId', (context) => context.json(control.hub(context.req.param('hubId'))));
  app.post('/hubs/:hubId', async (context) => {
    const hubId = context.req.param('hubId');
    const change = hubBody.parse(await context.req.json());
    if (change.online !== undefined) control.setHubOnline(hubId, change.online);
    if (change.externallyPowered !== undefined) control.setHubPower(hubId, change.externallyPowered);
    if (change.name !== undefined) control.renameHub(hubId, change.name);
    if (change.state !== undefined) control.setHubState(hubId, change.state);
    if (change.twoStageArming) control.setTwoStageArming(hubId, change.twoStageArming);
    if (change.keypad) control.armByKeypad(hubId, change.keypad.armed, change.keypad.groupId);
    return context.json(control.hub(hubId));
  });

  app.post('/devices/:deviceId', async (context) => {
    const deviceId = context.req.param('deviceId');
    const change = deviceBody.parse(await context.req.json());
    if (change.online !== undefined) control.setDeviceOnline(deviceId, change.online);
    if (change.open === true) control.openDoor(deviceId);
    if (change.open === false) control.closeDoor(deviceId);
    if (change.open === null) control.releaseDoor(deviceId);
    if (change.tampered !== undefined) control.setTampered(deviceId, change.tampered);
    if (change.batteryPercent !== undefined) control.setBattery(deviceId, change.batteryPercent);
    if (change.temperature !== undefined) control.setTemperature(deviceId, change.temperature);
    if (change.alarm) control.setAlarm(deviceId, change.alarm.kind, change.alarm.active);
    return context.body(null, 204);
  });

  app.post('/sessions/expire', async (context) => {
    const text = await context.req.text();
    const { account, refreshToo } = sessionsBody.parse(text === '' ? {} : JSON.parse(text));
    if (refreshToo) control.revokeSessions(account);
    else control.expireSessions(account);
    return context.body(null, 204);
  });

  app.post('/keys', async (context) => {
    const { apiKey, revoked } = keyBody.parse(await context.req.json());
    control.setKeyRevoked(apiKey, revoked);
    return context.body(null, 204);
  });

  app.onError((error, context) => refusal(error, context));
  return app;
}

function refusal(error: Error, context: Context): Response {
  if (error instanceof z.ZodError) return context.json({ message: z.prettifyError(error) }, 422);
  if (error instanceof SyntaxError) return context.json({ message: error.message }, 400);
  if (error instanceof RangeError) {
    return context.json({ message: error.message }, error.message.startsWith('No such') ? 404 : 422);
  }
  throw error;
}

/** Regular expressions have no JSON form of their own. */
function readable(rule: FaultRule) {
  const { path } = rule.match;
  return { ...rule, match: { ...rule.match, ...(path !== undefined && { path: String(path) }) } };
}
