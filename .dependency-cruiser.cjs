/**
 * The import rules of the house, executable. A floor imports only from floors below it; rooms of one floor do not
 * know one another; a module is entered through its index.ts.
 */
const floors = [
  ['kernel', 'serve', 'environment', 'version'],
  ['access', 'shield', 'config', 'db', 'process', 'simulator'],
  ['audit', 'jobs', 'coordinator'],
  ['notifications'],
  ['ajax', 'commands', 'billing', 'events', 'support'],
  ['identity', 'worker', 'readiness', 'info', 'older-paths', 'openapi'],
  ['admin', 'client'],
  ['app'],
  ['compose', 'dashboard', 'api-client'],
  ['main', 'web'],
];

const paths = { simulator: '^simulator/', coordinator: '^coordinator/', web: '^web/' };
const pathOf = (room) => paths[room] ?? `^src/${room}(/|\\.)`;

const floorRules = floors.slice(0, -1).flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `floor-${floor}-${room}`,
    comment: `${room} imports only from floors below it`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: {
      path: floors
        .slice(floor)
        .flat()
        .filter((other) => other !== room)
        .map(pathOf),
      // The gateway's view of the coordinator has a rule of its own.
      pathNot: '^coordinator/contract/',
    },
  })),
);

const drivers = {
  '@electric-sql/pglite': ['^src/db/(statements\\.)?pglite\\.ts$'],
  postgres: ['^src/db/(statements\\.)?postgres\\.ts$'],
  'pg-boss': ['\\.pg-boss\\.ts$'],
  ioredis: ['\\.redis\\.ts$', '/redis\\.ts$'],
  stripe: ['\\.stripe\\.ts$'],
  nodemailer: ['\\.smtp\\.ts$'],
  undici: ['\\.undici\\.ts$'],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\.css$' },
    },
    ...floorRules,
    {
      name: 'modules-have-one-door',
      comment: 'another module is imported only through its index.ts',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/(access|shield|identity|ajax|commands|jobs|client|events|billing|audit|notifications|support|admin|worker)/',
        pathNot: ['^src/$1/', '/index\\.ts$'],
      },
    },
    {
      name: 'app-enters-by-the-door',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: {
        path: '^src/(access|shield|identity|ajax|commands|jobs|client|events|billing|audit|notifications|support|admin|worker)/',
        pathNot: '/index\\.ts$',
      },
    },
    {
      name: 'contract-is-all-of-the-coordinator',
      comment: 'the gateway knows the coordinator by its contract only; main composes both',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.' },
      to: { path: '^coordinator/', pathNot: '^coordinator/contract/' },
    },
    {
      name: 'contract-is-small',
      comment: 'the contract imports the kernel and zod only',
      severity: 'error',
      from: { path: '^coordinator/contract/' },
      to: { pathNot: ['^coordinator/contract/', '^src/kernel/', '^node_modules/zod/'] },
    },
    {
      name: 'coordinator-stands-on-little',
      severity: 'error',
      from: { path: '^coordinator/' },
      to: { path: '^src/', pathNot: '^src/(kernel|db)/|^src/(serve|process|config|environment)\\.ts$' },
    },
    {
      name: 'dashboard-imports-only-types-of-the-gateway',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|coordinator|simulator)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nobody-imports-the-simulator',
      severity: 'error',
      from: { path: '^(src|coordinator|web)/', pathNot: '^src/main\\.' },
      to: { path: '^simulator/' },
    },
    {
      name: 'simulator-is-independent',
      comment: 'it must not share the schemas it is held to',
      severity: 'error',
      from: { path: '^simulator/' },
      to: { path: '^(src|coordinator|web)/', pathNot: ['^src/serve\\.ts$', '^src/kernel/'] },
    },
    ...Object.entries(drivers).map(([driver, homes]) => ({
      name: `driver-${driver}`,
      comment: `${driver} is used only in the adapter named for it`,
      severity: 'error',
      from: { path: '^(src|coordinator|simulator|web)/', pathNot: homes },
      to: { path: `(^|/)node_modules/${driver}/` },
    })),
    {
      name: 'node-modules-only-in-adapters',
      comment: 'node:* only in serve.ts, main.ts and adapters',
      severity: 'error',
      from: {
        path: '^(src|coordinator|simulator)/',
        pathNot: [
          '^src/(serve|main|dashboard|environment)\\.',
          '^src/kernel/crypto\\.ts$',
          '^src/db/(boot-id|data-directory|migrations-folder|connections\\.postgres|disk-space\\.pglite)\\.ts$',
          '^coordinator/lease/process\\.ts$',
          '^coordinator/storage/redis\\.ts$',
          '^(coordinator|simulator)/main\\.ts$',
          '\\.undici\\.ts$',
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(tests|bench|web/dist)/' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
