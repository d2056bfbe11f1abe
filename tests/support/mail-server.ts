/** A real SMTP server that keeps what it accepts, parsed, and refuses on demand. */

import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly to: string;
  readonly raw: string;
  readonly mail: Email;
  readonly secure: boolean;
  header(name: string): string | undefined;
}

export interface MailServer {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** Called before a mail is accepted; what it throws is answered. */
  gate: (to: string) => Promise<void> | void;
  close(): Promise<void>;
}

export const refusal = (responseCode: number, text = 'On purpose') =>
  Object.assign(new Error(text), { responseCode });

export async function startMailServer(
  login?: { readonly user: string; readonly password: string },
  port = 0,
): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const state = { gate: (_to: string): Promise<void> | void => {} };
  const server = new SMTPServer({
    authOptional: login === undefined,
    ...(login === undefined
      ? { disabledCommands: ['STARTTLS', 'AUTH'] }
      : { disabledCommands: ['STARTTLS'] }),
    allowInsecureAuth: true,
    onAuth: (auth, _session, callback) =>
      auth.username === login?.user && auth.password === login?.password
        ? callback(null, { user: auth.username })
        : callback(new Error('Wrong login')),
    onRcptTo: (address, _session, callback) =>
      address.address.startsWith('unknown@') ? callback(refusal(550, 'No such user')) : callback(),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        try {
          const to = session.envelope.rcptTo[0]?.address ?? '';
          await state.gate(to);
          const raw = Buffer.concat(chunks).toString();
          const mail = await PostalMime.parse(raw);
          const header = (name: string) => mail.headers.find(({ key }) => key === name.toLowerCase())?.value;
          received.push({ to, raw, mail, secure: session.secure, header });
          callback();
        } catch (error) {
          callback(error as Error);
        }
      });
    },
  });
  // Clients that hang up.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    get port() {
      return (server.server.address() as AddressInfo).port;
    },
    received,
    get gate() {
      return state.gate;
    },
    set gate(gate) {
      state.gate = gate;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
