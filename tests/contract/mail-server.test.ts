/** What is done with a mail server that falls silent: the one sender of mail there is. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../src/notifications/mail/mail.smtp.ts';

const mail = {
  to: 'somebody@example.com',
  subject: 'Hi',
  text: 'Hi',
  html: '<p>Hi</p>',
  messageId: '<1@example.com>',
  headers: {},
};

const phases = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'end of the mail'] as const;
let server: Server;
afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

/** Answers until a phase, and never again. */
async function startSilent(at: (typeof phases)[number]) {
  const { promise: fellSilent, resolve: fallSilent } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  server = createServer((socket: Socket) => {
    const answer = (phase: string, text: string) => {
      if (phase.toUpperCase() === at.toUpperCase()) fallSilent();
      else socket.write(`${text}\r\n`);
    };
    socket.on('error', () => {});
    socket.on('close', () => end());
    answer('greeting', '220 mail.example.com');
    let body: string | undefined;
    socket.on('data', (chunk) => {
      const text = String(chunk);
      if (body !== undefined) {
        body += text;
        if (body.endsWith('\r\n.\r\n')) answer('end of the mail', '250 Taken');
      } else if (text.startsWith('DATA')) {
        body = '';
        answer('DATA', '354 Go on');
      } else answer(text.slice(0, 4).trim(), '250 Fine');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, fellSilent, ended };
}

describe('a mail server that falls silent', () => {
  it.each(phases)('at %s is left as soon as the job is over', async (phase) => {
    const { port, fellSilent, ended } = await startSilent(phase);
    const mailer = createSmtpMailer({
      ...{ host: '127.0.0.1', port, tls: false, user: undefined, password: undefined },
      ...{ fromEmail: 'gateway@example.com', fromName: 'Gateway' },
    });
    const over = new AbortController();
    const sending = mailer.send(mail, over.signal);
    const refused = expect(sending).rejects.toThrow();
    await fellSilent;
    over.abort();
    await refused;
    await ended;
  });
});
