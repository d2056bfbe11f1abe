import { createRoute } from '@hono/zod-openapi';
import { createRouter, jsonContent } from '../kernel/openapi.ts';
import { ofCoordinator, ofSession, problems } from '../kernel/problems.ts';
import type { AjaxDependencies } from './dependencies.ts';
import { budgetSchema } from './schema.ts';

const budgetRoute = createRoute({
  method: 'get',
  path: '/budget',
  operationId: 'getBudget',
  tags: ['budget'],
  summary: 'The shared request budget, and the share of the caller',
  description: 'Costs no request of Ajax.',
  responses: {
    200: jsonContent(budgetSchema, 'Budget now', 'X-Suggested-Interval'),
    ...problems(...ofSession, ...ofCoordinator),
  },
});

/** `/api/v1/budget`: costs no upstream call. */
export function budgetRoutes({ coordinator }: Pick<AjaxDependencies, 'coordinator'>) {
  return createRouter().openapi(budgetRoute, async (c) => {
    const { caller, facts } = c.var;
    const budget = await coordinator.budget(caller.ajaxUserId, {
      correlationId: facts.correlationId,
      signal: c.req.raw.signal,
    });
    const { limit, windowMs, used, waiting, mine, predictedWaitMs, suggestedIntervalSeconds } = budget;
    if (suggestedIntervalSeconds !== undefined) {
      c.header('X-Suggested-Interval', String(suggestedIntervalSeconds));
    }
    return c.json(
      { limit, window_seconds: windowMs / 1000, used, waiting, mine, predicted_wait_ms: predictedWaitMs },
      200,
    );
  });
}
