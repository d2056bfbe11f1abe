/**
 * The recording upstream: a process of its own that stamps every arrival with the monotonic clock of the machine,
 * after the time the request was on its way.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from '../../simulator/random.ts';
import { jobOf } from './contender.ts';
import type { Arrival, UpstreamAnswer, UpstreamCommand } from './messages.ts';
import { monotonicMs } from './monotonic.ts';

type Bounds = readonly [min: number, max: number];

const random = seededRandom(1);
const between = ([min, max]: Bounds) => min + random() * (max - min);
let there: Bounds = [0, 0];
let back: Bounds = [0, 0];
let arrivals: Arrival[] = [];
let watch: { readonly count: number } | undefined;

const later = (ms: number, work: () => void) => (ms < 1 ? work() : setTimeout(work, ms));

const server = createServer((request, response) => {
  const { url = '' } = request;
  const answer = (status: number, body: string) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  };
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    if (url === '/api/login') return answer(200, session(text));
    const job = jobOf(url);
    if (job === undefined) return answer(404, '{"message":"Not a job"}');
    later(between(there), () => {
      arrivals.push({ job, at: monotonicMs() });
      tellWhenReached();
      later(between(back), () => answer(200, `{"id":"${job}"}`));
    });
  });
});

function tellWhenReached(): void {
  if (watch === undefined || arrivals.length < watch.count) return;
  watch = undefined;
  send({ type: 'reached' });
}

/** The user's id follows from the name. */
function session(body: string): string {
  const { login } = JSON.parse(body) as { login: string };
  const userId = Buffer.from(login).toString('hex').slice(0, 64);
  return JSON.stringify({ userId, sessionToken: `session-${userId}`, refreshToken: `refresh-${userId}` });
}

const send = (message: UpstreamAnswer) => process.send?.(message);

process.on('message', (command: UpstreamCommand) => {
  if (command.type === 'arrivals') return send({ type: 'arrivals', arrivals });
  if (command.type === 'count') return send({ type: 'count', count: arrivals.length });
  if (command.type === 'reset') {
    ({ there, back } = command);
    arrivals = [];
    watch = undefined;
    return send({ type: 'reset' });
  }
  watch = { count: command.count };
  tellWhenReached();
});
process.once('disconnect', () => process.exit(0));

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  send({ type: 'listening', port: (server.address() as AddressInfo).port });
});
