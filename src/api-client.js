// @ts-check
// The client for TypeScript users; its types are in api-client.d.ts. JavaScript, because Node strips no types below
// node_modules, where a client usually lives.
import { hc } from 'hono/client';

/** @type {import('./api-client.d.ts').createApiClient} */
export function createApiClient(baseUrl, options = {}) {
  const { token, userAgent, fetch } = options;
  return hc(baseUrl, {
    headers: async () => {
      const value = typeof token === 'function' ? await token() : token;
      return {
        ...(value === undefined ? {} : { authorization: `Bearer ${value}` }),
        ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      };
    },
    ...(fetch === undefined ? {} : { fetch }),
  });
}
