import { createRoute, z } from '@hono/zod-openapi';
import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import { secretCheck } from '../kernel/crypto.ts';
import { GatewayError } from '../kernel/errors.ts';
import { createRouter } from '../kernel/openapi.ts';
import { ofCoordinator, problems } from '../kernel/problems.ts';

export interface MetricsDependencies {
  readonly coordinator: CoordinatorClient;
  /** undefined: there are no metrics. */
  readonly token: string | undefined;
  /** Those of this gateway, in the same format. */
  readonly ownMetrics: () => Promise<string>;
}

/** Prometheus text format 0.0.4. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  tags: ['admin'],
  security: [{ metricsToken: [] }],
  summary: 'The metrics of coordinator and gateway for Prometheus, with METRICS_TOKEN as a bearer token',
  responses: {
    200: {
      description: 'Prometheus text format',
      content: { 'text/plain': { schema: z.string(), example: 'ajaxsecurflow_budget_used 42\n' } },
    },
    ...problems(...ofCoordinator, 'metrics_token_invalid', 'not_found'),
  },
});

/** `/metrics`: for Prometheus, which has no session. */
export function metricsRoutes({ coordinator, token, ownMetrics }: MetricsDependencies) {
  const isToken = token === undefined ? undefined : secretCheck(token);
  return createRouter().openapi(metricsRoute, async (c) => {
    if (isToken === undefined) throw new GatewayError('not_found');
    const given = /^Bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!isToken(given)) {
      throw new GatewayError('metrics_token_invalid', { headers: { 'www-authenticate': 'Bearer' } });
    }
    const { correlationId } = c.var.facts;
    const text = await coordinator.metrics({ correlationId, signal: c.req.raw.signal });
    return c.text(`${text}${await ownMetrics()}`, 200, {
      'Content-Type': CONTENT_TYPE,
      'Cache-Control': 'no-store',
    });
  });
}
