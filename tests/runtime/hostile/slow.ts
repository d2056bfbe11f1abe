/** Clients that take their time: cut off by the clock, answered or not, and holding nothing up meanwhile. */
import type { Case } from './case.ts';

const HOST = 'Host: localhost\r\n';
const POST = `POST /api/v1/auth/refresh HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const drip = (piece: string, everyMs = 500) => ({
  pieces: Array.from({ length: 200 }, () => piece),
  everyMs,
});

/** All at once, while the other tables run: each lasts as long as the gateway lets it. */
export const slowCases: readonly Case[] = [
  { name: 'that says nothing', send: '', expect: [0], closes: true },
  { name: 'that stops in its first word', send: 'GE', expect: [408], closes: true },
  { name: 'that stops before its headers', send: 'GET /health HTTP/1.1\r\n', expect: [408], closes: true },
  {
    name: 'that stops between two headers',
    send: `GET /health HTTP/1.1\r\n${HOST}`,
    expect: [408],
    closes: true,
  },
  {
    name: 'that stops before the last line',
    send: `GET /health HTTP/1.1\r\n${HOST}A: b\r\n`,
    expect: [408],
    closes: true,
  },
  { name: 'whose target drips', send: 'GET /', drip: drip('a'), expect: [408], closes: true },
  {
    name: 'whose headers drip',
    send: `GET /health HTTP/1.1\r\n${HOST}`,
    drip: drip('A: b\r\n'),
    expect: [408],
    closes: true,
  },
  {
    name: 'whose header drips',
    send: `GET /health HTTP/1.1\r\n${HOST}A: `,
    drip: drip('a'),
    expect: [408],
    closes: true,
  },
  { name: 'that sends no body', send: `${POST}Content-Length: 100\r\n\r\n`, expect: [408], closes: true },
  {
    name: 'that stops in its body',
    send: `${POST}Content-Length: 100\r\n\r\n{"re`,
    expect: [408],
    closes: true,
  },
  {
    name: 'whose body drips',
    send: `${POST}Content-Length: 5000\r\n\r\n`,
    drip: drip(' '),
    expect: [408],
    closes: true,
  },
  {
    name: 'whose chunks drip',
    send: `${POST}Transfer-Encoding: chunked\r\n\r\n`,
    drip: drip('1\r\n \r\n'),
    expect: [408],
    closes: true,
  },
  {
    name: 'that stops in a chunk',
    send: `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
    expect: [408],
    closes: true,
  },
  {
    name: 'that stops before the last chunk',
    send: `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`,
    expect: [408],
    closes: true,
  },
  {
    name: 'whose body goes where nobody reads it',
    send: `POST /health HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n`,
    expect: [404, 405, 408],
    closes: true,
  },
];
