/** fastify with its proxy: forwards, and asks nobody who sent it. */
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { settings } from './settings.ts';

const app = fastify();
app.register(proxy, { upstream: settings.upstream, prefix: '/api', rewritePrefix: '/api' });
const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ port: Number(new URL(address).port) });
process.once('disconnect', () => process.exit(0));
