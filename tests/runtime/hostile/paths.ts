/** Paths: probes that are refused as such, honest ones that are not, and ids that lead nowhere. */
import { expect } from 'vitest';
import type { Case, Table, World } from './case.ts';
import { message } from './wire.ts';

export const PROBES = `
  /index.php /wp-login.php /xmlrpc.php /admin.PHP /shell.php7 /x.phtml /a.phar /default.asp /a.aspx /trace.axd
  /a.jsp /a.jspx /struts/a.action /login.do /index.cfm /cgi-bin/test.cgi /cgi-bin/ /x.pl /x.py /x.sh /x.exe /x.dll
  /api/v1/index.php /api/v1/ajax/hubs.php /assets/x.php /index.php/api/v1/info /index.php;a=b /x.php%20 /x.php. /x.php%2e /x.php.%20. /x.php%00.js
  /x%2ephp /x%252ephp /%78.%70%68%70 /x.p%68p /x.php?.css
  /.env /.env.local /.env%2elocal /%2eenv /%252eenv /.git/config /.git/HEAD /.svn/entries /.htaccess /.htpasswd
  /.aws/credentials /.ssh/id_rsa /.DS_Store /.vscode/sftp.json /.npmrc /.dockerenv /.bash_history /.kube/config
  /api/.env /api/v1/.env /assets/.env /x/.git/config /.well-known/.env /..env /...
  /wp-admin/ /wp-content/plugins /wp-includes/ /blog/wp-json /phpmyadmin/ /phpMyAdmin/ /PMA/ /adminer /administrator/
  /server-status /server-info /actuator/env /actuator/heapdump /WEB-INF/web.xml /jmx-console/ /jolokia/list /solr/
  /boaform/admin /HNAP1/ /_ignition/execute-solution /_profiler/phpinfo /vendor/phpunit/x /owa/auth /autodiscover/x
  /backup.sql /dump.sql.gz /db.sqlite /data.db /backup.zip /www.tar.gz /site.rar /x.bak /x.old /index.html~ /x.swp
  /error.log /config.ini /app.conf /server.key /cert.pem /id_rsa /package.json /docker-compose.yml /web.config
  /terraform.tfstate /x.tfvars /etc/passwd /etc/shadow
  /../etc/passwd /../../../../etc/hosts /a/../../b /a/..%2f..%2fb /%2e%2e/%2e%2e/x /%252e%252e/x /%2e%2e%2fx
  /..%5c..%5cx /..%255c..%255cx /..;/x /..%3b/x /a/..;a=b/x /%c0%ae%c0%ae/x /%c0%ae%c0%ae%c0%afx /%u002e%u002e/x
  /assets/../../package.json /assets/%2e%2e/%2e%2e/x /assets/..%2f..%2fx /api/v1/../../x /api/v1/ajax/../admin
  /api/v1/ajax/hubs/.. /api/v1/ajax/hubs/%2e%2e /api/v1/ajax/hubs/..%2f..%2fuser /api/v1/ajax/hubs/%252e%252e%252f
  /a%00b /a%00 /api/v1/info%00 /a%0d%0aX-Injected:%20y /a%0aSet-Cookie:x=y /a%250d%250ay /a%7f /a%1b[31m /%01
  /assets/a%00b.js /api/v1/ajax/hubs/%00 /api/v1/ajax/hubs/a%00b
`
  .trim()
  .split(/\s+/);

/** Answered by whoever they are meant for: never as a probe. */
export const HONEST: readonly (readonly [path: string, ...statuses: number[]])[] = [
  ['/', 200],
  ['/index.html', 200],
  ['/favicon.svg', 200],
  ['/manifest.webmanifest', 200],
  ['/theme.js', 200],
  ['/robots.txt', 404],
  ['/sitemap.xml', 404],
  ['/hubs', 200],
  ['/hubs/some/deep/link', 200],
  ['/admin', 200],
  ['/login', 200],
  ['/docs', 200, 301, 302, 308],
  ['/assets/missing-AbC_1-2.js', 404],
  ['/assets/missing.woff2', 404],
  ['/assets/missing.js.map', 404],
  ['/.well-known/security.txt', 404],
  ['/.well-known/acme-challenge/abc_DEF-123', 404],
  ['/.well-known/change-password', 404],
  ['/health', 200],
  ['/ready', 200],
  ['/metrics', 401],
  ['/api', 404],
  ['/api/v1', 404],
  ['/api/v1/info', 200],
  ['/api/v1/openapi.json', 200],
  ['/api/v1/auth/me', 401],
  ['/api/v1/ajax/hubs', 401],
  ['/api/v1/ajax/hubs/00A1B2C3/devices/0A1B2C3D', 401],
  ['/api/v1/ajax/user/0123456789ABCDEF/hubs/00A1B2C3/users/ann.lee@example.pl', 401],
  ['/api/v1/ajax/user/0123456789ABCDEF/hubs/00A1B2C3/users/ann.lee%40example.sh', 401],
  ['/api/v1/ajax/user/0123456789ABCDEF/hubs/00A1B2C3/cameras/1/image.jpg', 401],
  ['/api/v1/ajax/user/0123456789ABCDEF/hubs/00A1B2C3/logs?from=2026-01-01T00:00:00.000Z', 401],
  ['/api/v1/commands/01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e', 401],
  ['/api/v1/jobs/01a5b3f0-6a8e-7c11-9d0f-1f0a7b1c2d3e', 401],
  ['/health?file=../../etc/passwd', 200],
  ['/health?x=%00%0d%0a', 200],
  ['/%F0%9F%8F%A0', 200],
  ['/caf%C3%A9', 200],
  ['/a%20b', 200],
  ['/100%', 200],
  ['/a%zz', 200],
  ['/a.b/c', 200],
  ['/v1.0/x', 200],
  ['/./health', 200],
  ['//health', 200, 404],
];

/** Ids that reach no hub, whatever a URL parser or a server behind makes of them. */
const IDS = [
  '%E0%A4%A',
  '%ff%fe',
  '%ed%a0%80',
  '%zz',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  '*',
  '%2a',
  '@evil.example',
  '%40evil.example',
  'http:%2f%2fevil.example',
  'https:%252f%252fevil.example',
  '%2f%2fevil.example',
  "'%20or%201=1--",
  '$%7Bjndi:ldap:%2f%2fevil.example%7D',
  '%7B%7B7*7%7D%7D',
  '%F0%9F%92%A9',
  '%C4%B0',
  '00000000',
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(5_000),
];

const QUERIES = [
  'limit=1&limit=2',
  'limit[]=1',
  'limit=',
  'limit=1e400',
  'limit=-0.5',
  'limit=-1',
  'limit=201',
  'limit=%00',
  'limit=NaN',
  'limit=Infinity',
  'limit=0x10',
  'limit=%F0%9F%92%A9',
  'limit=1%20',
  'offset=99999999999999999999',
  'offset=-1',
  'before_id=9007199254740993',
  'before_id=-1',
  'before_id=1;drop%20table%20accounts',
  '__proto__=1',
  '__proto__[limit]=0',
  'constructor[prototype][limit]=0',
  '%E0%A4%A=%E0%A4%A',
  '&&&===',
  'a'.repeat(7_000),
  `${'a=1&'.repeat(1_800)}`,
];

/** Nobody's addresses: without a session they give nothing away. */
const NOWHERE = [
  '//evil.example/api/v1/ajax/hubs',
  '///api/v1/ajax/hubs',
  '/api//v1/ajax/hubs',
  '/api/v1//ajax/hubs',
  '/api/v1/%61jax/hubs',
  '/api/v1/ajax/hubs/',
  '/API/V1/ajax/hubs',
  '/api/v1/ajax/hubs;jsessionid=1',
  '/api/v1/ajax/hubs%23',
  '/api/v1/ajax/hubs%3f',
  '/api/v1/ajax/hubs%2f',
  '/api%2fv1%2fajax%2fhubs',
  '/api/v1/ajax%2fhubs',
  '/api/v1/ajax/hubs#fragment',
  '/api/v1/ajax/hubs\\',
  '/api\\v1\\ajax\\hubs',
  '/api/v1/ajax/http://evil.example/',
  '/api/v1/ajax/http:/evil.example/',
  '/api/v1/ajax//evil.example/',
  '/api/v1/ajax/@evil.example/',
  '/api/v1/ajax/%2f%2fevil.example/',
  '/api/v1/ajax/company',
  '/api/v1/ajax/pro',
  '/api/v1/ajax/swagger',
  '/health/api/v1/ajax/hubs',
];

/** What lies behind a pass-through, now or later: other users, other roots, other hosts. */
const beyond = ({ hubId, victim }: World) => [
  `/user/${victim.userId}/hubs`,
  `/user/${victim.userId}/hubs/${victim.hubId}`,
  `/user/${victim.userId.toUpperCase()}/hubs`,
  `/user/%20${victim.userId}/hubs`,
  `/user/${victim.userId}%20/hubs`,
  `/user/${victim.userId};x/hubs`,
  `/USER/${victim.userId}/hubs`,
  `//user/${victim.userId}/hubs`,
  `/%75ser/${victim.userId}/hubs`,
  `/%2575ser/${victim.userId}/hubs`,
  `/user%2f${victim.userId}%2fhubs`,
  `/user/0/../${victim.userId}/hubs`,
  `/user/0%2f..%2f${victim.userId}/hubs`,
  `/user/@${victim.userId}/hubs`,
  `/user//${victim.userId}/hubs`,
  `/hubs/${victim.hubId}/logs?limit=1`,
  `/hubs/${victim.hubId}/rooms/${victim.roomId}`,
  `/hubs/${hubId}/rooms/${victim.roomId}`,
  `/hubs/${hubId}%2f..%2f${victim.hubId}`,
  `/hubs/${hubId}%2f${victim.hubId}/devices`,
  '/company/1/users',
  '/pro/1/hubs',
  '/swagger/index.html',
  '/api-docs',
  '/login',
  '/refresh',
  '/%63ompany/1',
  '/%2563ompany/1',
  '/./company/1',
  '/company%2f1',
  '//evil.example/',
  '/http:%2f%2fevil.example/',
  '/https://evil.example/api/user',
  '/@evil.example/',
  '/%40evil.example/',
  '/%5c%5cevil.example/',
  '/\\\\evil.example/',
];

const METHODS = [
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'QUERY',
  'SEARCH',
  'PURGE',
  'LINK',
];

const short = (text: string) => (text.length > 70 ? `${text.slice(0, 70)}… (${text.length})` : text);

const METHOD_PATHS = [
  '/',
  '/health',
  '/metrics',
  '/api/v1/info',
  '/api/v1/auth/me',
  '/api/v1/auth/logout',
  '/api/v1/ajax/hubs',
  '/api/v1/nothing',
];

export const paths: Table = {
  name: 'a path',
  cases: (world) => [
    ...PROBES.map(
      (path): Case => ({
        name: `the probe ${path}`,
        send: message({ path }),
        expect: [403],
        check: ({ body }) =>
          expect(JSON.parse(body)).toMatchObject({
            code: 'probe_refused',
            detail: 'Forbidden: Malicious activity detected.',
          }),
      }),
    ),
    ...HONEST.map(
      ([path, ...statuses]): Case => ({
        name: `the honest ${path}`,
        send: message({ path }),
        expect: statuses,
      }),
    ),
    ...IDS.flatMap((id): Case[] => {
      const expected = [400, 404, 414, 422];
      const hub = `/api/v1/ajax/hubs/${id}`;
      return [
        // The gateway looks up the account's own hubs before it answers.
        {
          name: `the hub ${short(id)}`,
          send: message({ path: hub, token: world.token }),
          expect: expected,
          mayAsk: true,
        },
        {
          name: `the device ${short(id)}`,
          send: message({ path: `/api/v1/ajax/hubs/${world.hubId}/devices/${id}`, token: world.token }),
          expect: expected,
          mayAsk: true,
        },
        {
          name: `arming the hub ${short(id)}`,
          send: message({ path: `${hub}/arm-state`, token: world.token, body: '{"armState":0}' }),
          expect: expected,
          mayAsk: true,
        },
      ];
    }),
    ...QUERIES.map(
      (query): Case => ({
        name: `the query ?${short(query)}`,
        send: message({ path: `/api/v1/security/audit-logs?${query}`, token: world.token }),
        expect: [200, 422],
      }),
    ),
    ...NOWHERE.map(
      (path): Case => ({
        name: `without a session ${path}`,
        send: message({ path }),
        expect: [200, 400, 401, 404],
        // The dashboard's page is everybody's, and knows nothing.
        check: ({ status, body }) => {
          if (status === 200) expect(body).toContain('<!doctype html>');
        },
      }),
    ),
    ...beyond(world).map(
      (path): Case => ({
        name: `beyond the own account: ${path}`,
        send: message({ path: `/api/v1/ajax${path}`, token: world.token }),
        expect: [400, 403, 404, 405, 422],
        mayAsk: true,
      }),
    ),
    ...METHODS.flatMap((method): Case[] =>
      METHOD_PATHS.map((path) => ({
        name: `${method} ${path}`,
        send: message({ method, path }),
        expect: [200, 204, 400, 401, 404, 405],
      })),
    ),
  ],
};
