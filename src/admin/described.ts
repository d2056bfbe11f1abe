/** What the API's description says of every route for administrators. */
export const forAdministrators =
  'For administrators (ADMIN_EMAILS). With ADMIN_SECRET_KEY configured, the header X-Admin-Secret must carry it.';

export const administratorSecurity: Record<string, string[]>[] = [
  { bearer: [] },
  { cookie: [] },
  { bearer: [], adminSecret: [] },
  { cookie: [], adminSecret: [] },
];
