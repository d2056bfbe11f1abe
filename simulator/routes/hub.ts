/** One hub: detail, role, log, settings, picture, and the smaller collections that hang on it. */
import { Hono } from 'hono';
import { z } from 'zod';
import { bindingBody, hubBody, hubSettingNames } from '../bodies.ts';
import { badRequest, invalid, notFound } from '../errors.ts';
import {
  type ApiDependencies,
  type ApiEnv,
  done,
  readBody,
  requireControl,
  requirePermission,
} from './context.ts';
import { readImage } from './image.ts';

export const LOG_PAGE_SIZE = 50;
const LAST_LOG_PAGE = 50;

const settingsBody = z.looseObject({ name: z.string().min(1).max(24) });

export function hubRoutes({ world, clock, logOf }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId');

  app.get('/', (context) => context.json(hubBody(world, context.var.hub, clock())));

  app.put('/', async (context) => {
    const refusal = requireControl(context, 'HUB_OTHER_SETTINGS_UPDATE', 'HUB_SETTINGS_UPDATE');
    if (refusal) return refusal;
    const body = await readBody(context, 'ProtoHub', settingsBody);
    if ('refusal' in body) return body.refusal;
    const { hub } = context.var;
    hub.name = body.value.name;
    const changed = Object.entries(body.value).filter(([name]) => hubSettingNames.includes(name));
    hub.settings = { ...hub.settings, ...Object.fromEntries(changed) };
    return done();
  });

  app.get('/role', (context) => context.json(bindingBody(context.var.hub, context.var.member)));

  app.get('/logs', (context) => {
    const refusal = requirePermission(context, 'EVENTS_GET');
    if (refusal) return refusal;
    const given = context.req.query('page') ?? '1';
    if (!/^-?\d+$/.test(given)) return badRequest(`Cannot deserialize value of type \`int\` from "${given}"`);
    const page = Number(given);
    if (page < 1 || page > LAST_LOG_PAGE) {
      return invalid([
        { resource: 'logs', field: 'page', code: 'invalid', message: 'must be between 1 and 50' },
      ]);
    }
    return context.json(logOf(context.var.hub).slice((page - 1) * LOG_PAGE_SIZE, page * LOG_PAGE_SIZE));
  });

  app.post('/image', async (context) => {
    const refusal =
      requireControl(context, 'HUB_OTHER_SETTINGS_UPDATE', 'HUB_IMAGE') ?? (await readImage(context));
    if (refusal) return refusal;
    context.var.hub.hasImage = true;
    return done();
  });
  app.delete('/image', (context) => {
    const refusal = requireControl(context, 'HUB_OTHER_SETTINGS_UPDATE', 'HUB_IMAGE');
    if (refusal) return refusal;
    context.var.hub.hasImage = false;
    return done();
  });

  const scenarioBody = ({ id, name }: { id: string; name: string }) => ({
    scenario: { id, name, enabled: true },
  });
  app.get('/scenarios', (context) => context.json(context.var.hub.scenarios.map(scenarioBody)));
  app.get('/scenarios/:scenarioId', (context) => {
    const id = context.req.param('scenarioId').toUpperCase();
    const scenario = context.var.hub.scenarios.find((each) => each.id === id);
    return scenario ? context.json(scenarioBody(scenario)) : notFound();
  });
  app.get('/securityManagements', (context) => context.json([]));
  return app;
}
