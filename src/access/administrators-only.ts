import { type AdministratorPolicy, requireAdministrator } from './administrator.ts';

/** Typed, or a route would lose the literal type of its path, and typed clients every route of its module. */
const security: Record<string, string[]>[] = [
  { bearer: [] },
  { cookie: [] },
  { bearer: [], adminSecret: [] },
  { cookie: [], adminSecret: [] },
];

const whom =
  'For administrators (ADMIN_EMAILS). With ADMIN_SECRET_KEY configured, the header X-Admin-Secret must carry it.';

/** What every route for administrators has in common. @param about the route, before whom it is for */
export const administratorsOnly = (policy: AdministratorPolicy, about?: string) => ({
  description: about === undefined ? whom : `${about} ${whom}`,
  security,
  middleware: [requireAdministrator(policy)],
});
