/** Two accounts on one gateway: every route of the document, asked by one for what is the other's. */
import type { Case, Table, World } from './case.ts';
import { message } from './wire.ts';

/** What a parameter of a path is called, and what of the victim's fits it. */
function fill(path: string, victim: World['victim']): string {
  return path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const key = name.toLowerCase();
    if (key.includes('hub')) return victim.hubId;
    if (key.includes('device')) return victim.deviceId;
    if (key.includes('room') || key.includes('group')) return victim.roomId;
    if (key.includes('user') || key.includes('account')) return victim.userId;
    if (path.includes('/commands/')) return victim.commandId;
    if (path.includes('/jobs/')) return victim.jobId;
    return victim.hubId;
  });
}

const BODY = '{"armState":0,"arm_state":0,"ignoreProblems":true}';

/** Ends the attacker's session, which is its right. */
const ENDS = /\/(logout|token|refresh)$/;
const PUBLIC = [200, 204, 301, 302];

export const tenants: Table = {
  name: "another's",
  cases(world) {
    const { routes, victim, token, hubId } = world;
    const ask = (method: string, path: string, body?: string) =>
      message({ method, path, token, ...(body === undefined ? {} : { body }) });
    const withBody = (method: string) => method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
    return [
      ...routes
        .filter(({ path }) => !ENDS.test(path))
        .flatMap(({ method, path }): Case[] => {
          const filled = fill(path, victim);
          const hasIds = filled !== path;
          return [
            {
              name: `${method} ${path}`,
              send: ask(method, filled, withBody(method) ? BODY : undefined),
              expect: hasIds
                ? [400, 403, 404, 405, 409, 415, 422]
                : [...PUBLIC, 400, 401, 403, 404, 409, 422],
              mayAsk: true,
            },
            ...(hasIds
              ? [
                  {
                    name: `${method} ${path} without a session`,
                    send: message({ method, path: filled, ...(withBody(method) ? { body: BODY } : {}) }),
                    // A link of a mail is proof enough by itself, when it is one.
                    expect: path.includes('{token}') ? [404] : [401],
                  },
                  {
                    name: `${method} ${path} later`,
                    send: message({
                      method,
                      path: filled,
                      token,
                      headers: { prefer: 'respond-async' },
                      ...(withBody(method) ? { body: BODY } : {}),
                    }),
                    // A job of the attacker's own is no answer yet: what it ends in is asked for afterwards.
                    expect: [202, 400, 403, 404, 405, 409, 415, 422],
                    mayAsk: true,
                  },
                ]
              : []),
          ];
        }),
      ...['groupId', 'group_id', 'hubId', 'hub_id', 'userId', 'accountId'].map((member): Case => {
        const body = JSON.stringify({ armState: 'x', [member]: victim.hubId });
        return {
          name: `id as ${member} of a body`,
          send: ask('POST', `/api/v1/ajax/hubs/${hubId}/arm-state`, body),
          expect: [422],
        };
      }),
      {
        name: 'group of a hub',
        send: ask(
          'POST',
          `/api/v1/ajax/hubs/${hubId}/arm-state`,
          JSON.stringify({ armState: 0, groupId: victim.roomId }),
        ),
        expect: [400, 403, 404, 422],
        mayAsk: true,
      },
      ...['user_id', 'account_id', 'email', 'userId'].map(
        (name): Case => ({
          name: `id as ?${name}=`,
          send: ask('GET', `/api/v1/security/audit-logs?${name}=${victim.userId}`),
          expect: [200, 422],
        }),
      ),
      ...['x-user-id', 'x-account-id', 'coordinator-account', 'x-session-token', 'coordinator-user'].map(
        (name): Case => ({
          name: `id as ${name}`,
          send: message({ path: '/api/v1/ajax/hubs', token, headers: { [name]: victim.userId } }),
          expect: [200],
          mayAsk: true,
        }),
      ),
      {
        name: 'command, cancelled',
        send: ask('DELETE', `/api/v1/commands/${victim.commandId}`),
        expect: [404],
        mayAsk: true,
      },
      {
        name: 'command',
        send: ask('GET', `/api/v1/commands/${victim.commandId}`),
        expect: [404],
        mayAsk: true,
      },
      { name: 'job', send: ask('GET', `/api/v1/jobs/${victim.jobId}`), expect: [404], mayAsk: true },
      {
        name: 'job, cancelled',
        send: ask('DELETE', `/api/v1/jobs/${victim.jobId}`),
        expect: [404],
        mayAsk: true,
      },
      { name: 'hubs as an operator', send: ask('GET', '/api/v1/admin/coordinator'), expect: [403] },
      { name: 'metrics with a session', send: ask('GET', '/metrics'), expect: [401] },
    ];
  },
};
