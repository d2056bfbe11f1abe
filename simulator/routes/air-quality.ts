/** The only series of measurements the upstream keeps: LifeQuality. */
import { Hono } from 'hono';
import { z } from 'zod';
import { kindOf } from '../catalogue.ts';
import { invalid, notFound } from '../errors.ts';
import { airOf } from '../living.ts';
import type { ApiDependencies, ApiEnv } from './context.ts';

const STEP_MS = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000, MONTH: 30 * 86_400_000 } as const;
const MAX_POINTS = 1_000;

const query = z.object({
  discreteness: z.enum(['MINUTE', 'HOUR', 'DAY', 'MONTH']),
  timeZone: z.string().min(1),
  startTimestamp: z.coerce.number().int().min(0),
  endTimestamp: z.coerce.number().int().min(0),
});

export function airQualityRoutes({ world }: ApiDependencies) {
  const app = new Hono<ApiEnv>().basePath('/user/:userId/hubs/:hubId');

  app.get('/lifeQuality/:deviceId/data', (context) => {
    const id = context.req.param('deviceId').toUpperCase();
    const device = context.var.hub.devices.find((each) => each.id === id);
    if (!device || !kindOf(device.type).air) return notFound();
    const parsed = query.safeParse(context.req.query());
    if (!parsed.success) {
      return invalid(
        parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), code: 'invalid', message })),
      );
    }
    const { discreteness, startTimestamp, endTimestamp } = parsed.data;
    const step = STEP_MS[discreteness];
    const count = Math.min(MAX_POINTS, Math.max(0, Math.ceil((endTimestamp - startTimestamp) / step)));
    const times = Array.from({ length: count }, (_, index) => startTimestamp + index * step);
    const series = (quantity: 'temperature' | 'humidity' | 'co2') =>
      times.map((timestamp) => ({
        type: 'POINT',
        timestamp,
        valueY: airOf(world, device, timestamp)[quantity],
      }));
    return context.json({
      temperatureValues: series('temperature'),
      humidityValues: series('humidity'),
      airqualityValues: series('co2'),
    });
  });
  return app;
}
