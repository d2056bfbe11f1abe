import { createMiddleware } from 'hono/factory';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { isCorrelationId, newId } from '../kernel/ids.ts';
import { createForwarding } from './client-address.ts';

/** Facts of the request, and the headers every answer carries. A client's correlation id counts only if well formed. */
export function requestFacts(trustedProxies: readonly string[], clock: Clock) {
  const forwarding = createForwarding(trustedProxies);
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const startedAt = clock.monotonic();
    const given = c.req.header('x-correlation-id');
    const correlationId = isCorrelationId(given) ? given : newId(clock.now());
    const { clientAddress, secure } = forwarding({
      peer: c.env?.remoteAddress,
      forwardedFor: c.req.header('x-forwarded-for'),
      forwardedProto: c.req.header('x-forwarded-proto'),
      protocol: new URL(c.req.url).protocol,
    });
    c.set('facts', {
      correlationId,
      clientAddress,
      secure,
      userAgent: c.req.header('user-agent') ?? '',
      arrivedAt: startedAt,
    });
    await next();
    // Not by `c.header`: on an answer that is made it makes another, whose body is a stream.
    c.res.headers.set('X-Correlation-ID', correlationId);
    c.res.headers.set('X-Request-Latency-ms', (clock.monotonic() - startedAt).toFixed(1));
  });
}
