/** Login and refresh: the only operations that need no session. */
import { Hono } from 'hono';
import { z } from 'zod';
import { passwordHashOf, totpMatches } from '../digest.ts';
import { forbidden, unauthorized } from '../errors.ts';
import type { Account } from '../model.ts';
import { type ApiDependencies, type ApiEnv, readBody } from './context.ts';

const loginBody = z.looseObject({
  login: z.string().min(1).max(64),
  passwordHash: z.string().min(1).max(2048),
  userRole: z.enum(['USER', 'PRO']).optional(),
  totp: z.union([z.string(), z.number()]).optional(),
});

const refreshBody = z.looseObject({ userId: z.string().min(1), refreshToken: z.string().min(1) });

export function authRoutes({ world, sessions, clock }: ApiDependencies) {
  const app = new Hono<ApiEnv>();
  const hashes = new Map<string, Promise<string>>();

  function passwordHash(account: Account): Promise<string> {
    const known = hashes.get(account.login) ?? passwordHashOf(account.password);
    hashes.set(account.login, known);
    return known;
  }

  app.post('/login', async (context) => {
    const body = await readBody(context, 'Login', loginBody);
    if ('refusal' in body) return body.refusal;
    const { login, passwordHash: given, userRole, totp } = body.value;
    if (userRole === 'PRO') return unauthorized('PRO account is required to log in with this role');
    const account = world.accounts.find((each) => each.login === login.toLowerCase());
    if (!account || (await passwordHash(account)) !== given) return unauthorized('Wrong login or password');
    const proven =
      account.totp === undefined ||
      (totp !== undefined && (await totpMatches(account.totp, String(totp), clock())));
    // A missing code cannot be told from a wrong password.
    if (!proven) return unauthorized('Wrong login or password');
    return context.json(sessions.open(account.userId, account.totp !== undefined));
  });

  app.post('/refresh', async (context) => {
    const body = await readBody(context, 'Refresh', refreshBody);
    if ('refusal' in body) return body.refusal;
    const pair = sessions.rotate(body.value.userId.toUpperCase(), body.value.refreshToken);
    return pair ? context.json(pair) : unauthorized('Unauthorized');
  });

  // They would send messages and calls in the operator's name; the simulator has nobody to send them to.
  for (const path of ['/user', '/user/contactInfoConfirmation', '/pro', '/pro/contactInfoConfirmation']) {
    app.post(path, () => forbidden('CREATE_ACCOUNT'));
  }
  for (const path of ['/resetPassword', '/resetPassword/confirm']) {
    app.put(`/user${path}`, () => forbidden('RESET_PASSWORD'));
    app.put(`/pro${path}`, () => forbidden('RESET_PASSWORD'));
  }
  return app;
}
