/**
 * Configuration: the environment is parsed once, every problem is reported at once, the result is frozen.
 * `docs/configuration.md` describes each variable for operators.
 */
import { type BillingConfig, billingConfig, billingVariables, defaultPlanOf } from './config/billing.ts';
import {
  apiPrefix,
  type ConfigProblem,
  cidr,
  databaseAddress,
  type Environment,
  email,
  flag,
  host,
  integer,
  list,
  oneOf,
  origin,
  readAll,
  secret,
  secretOf,
  switchOrAuto,
  text,
  url,
  type Values,
} from './config/variables.ts';
import type { Plan } from './kernel/caller.ts';
import { logLevels } from './kernel/log.ts';

export type { BillingConfig, Quota, StripeConfig } from './config/billing.ts';
export type { ConfigProblem, Environment };

/** Exit code of a start that configuration forbids (EX_CONFIG of sysexits.h). */
export const EXIT_CONFIG = 78;

export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function describeProblem({ variable, value, message }: ConfigProblem): string {
  return `${variable}${value === undefined ? '' : `=${JSON.stringify(value)}`}: ${message}`;
}

const ttl = integer(0, 86_400);

const databaseVariables = {
  DATABASE_URL: databaseAddress,
  POSTGRES_USER: text,
  POSTGRES_PASSWORD: secret,
  POSTGRES_DB: text,
  POSTGRES_HOST: text,
  POSTGRES_PORT: integer(1, 65_535),
} as const;

/** Variables of both processes: what reaches Ajax, how fast, and how it is stored. */
const sharedVariables = {
  HOST: host,
  PORT: integer(0, 65_535),
  LOG_LEVEL: oneOf(...logLevels),
  SECRET_KEY: secretOf(32),
  ...databaseVariables,
  REDIS_URL: { ...url('redis:', 'rediss:', 'unix:'), secret: true },
  COORDINATOR_SECRET: secretOf(16),
  COORDINATOR_ADVERTISE_URL: url('http:', 'https:'),
  METRICS_TOKEN: secretOf(16),
  AJAX_API_KEY: secret,
  AJAX_API_KEYS: list(secret, 'API keys', true),
  AJAX_API_BASE_URL: url('https:', 'http:'),
  AJAX_BUDGET_REQUESTS: integer(2, 100_000),
  AJAX_BUDGET_WINDOW_MS: integer(100, 3_600_000),
  AJAX_BUDGET_RESERVE: integer(0, 10_000),
  AJAX_REQUEST_TIMEOUT_MS: integer(100, 20_000),
  CACHE_TTL_HUBS: ttl,
  CACHE_TTL_HUB_DETAIL: ttl,
  CACHE_TTL_DEVICES: ttl,
  CACHE_TTL_DEVICE_DETAIL: ttl,
  CACHE_TTL_ROOMS: ttl,
  CACHE_TTL_GROUPS: ttl,
} as const;

/** Every variable the gateway reads; `docs/configuration.md` names them all. */
export const gatewayVariables = {
  ...sharedVariables,
  PROJECT_NAME: text,
  API_V1_STR: apiPrefix,
  DATA_DIR: text,
  DEMO: flag,
  COORDINATOR_URL: list(origin, 'addresses such as http://coordinator:8001'),
  TRUSTED_PROXIES: list(cidr, 'addresses or CIDR ranges'),
  TRUST_PROXIES: flag,
  BACKEND_CORS_ORIGINS: list(origin, 'origins such as https://alarm.example.com'),
  COOKIE_SECURE: switchOrAuto,
  COOKIE_SAMESITE: oneOf('lax', 'strict', 'none'),
  COOKIE_DOMAIN: text,
  ALGORITHM: oneOf('HS256', 'HS384', 'HS512'),
  ACCESS_TOKEN_EXPIRE_MINUTES: integer(1, 525_600),
  REFRESH_TOKEN_EXPIRE_DAYS: integer(1, 365),
  ENABLE_DEVELOPER_MODE: flag,
  ...billingVariables,
  ADMIN_EMAILS: list(text, 'e-mail addresses'),
  ADMIN_SECRET_KEY: secret,
  WORKER: flag,
  FRONTEND_URL: url('https:', 'http:'),
  SMTP_HOST: host,
  SMTP_PORT: integer(1, 65_535),
  SMTP_USER: text,
  SMTP_PASSWORD: secret,
  SMTP_TLS: flag,
  SMTP_FROM_EMAIL: email,
  SMTP_FROM_NAME: text,
  WEBHOOKS_ALLOW_PRIVATE: flag,
} as const;

/** What the coordinator needs to know, wherever it runs. Times in milliseconds unless named otherwise. */
export interface CoordinatorConfig {
  readonly baseUrl: string;
  readonly apiKeys: readonly string[];
  readonly budget: { readonly requests: number; readonly windowMs: number; readonly reserve: number };
  readonly requestTimeoutMs: number;
  readonly cacheTtlSeconds: {
    readonly hubs: number;
    readonly hub: number;
    readonly devices: number;
    readonly device: number;
    readonly rooms: number;
    readonly groups: number;
  };
}

const AJAX_API_BASE_URL = 'https://api.ajax.systems/api/';

function coordinatorConfig(
  values: Values<typeof sharedVariables>,
  problems: ConfigProblem[],
): CoordinatorConfig {
  const requests = values.AJAX_BUDGET_REQUESTS ?? 100;
  const reserve = values.AJAX_BUDGET_RESERVE ?? Math.max(1, Math.round(requests / 20));
  if (reserve >= requests) {
    problems.push({
      variable: 'AJAX_BUDGET_RESERVE',
      value: String(reserve),
      message: `must be smaller than AJAX_BUDGET_REQUESTS (${requests}), or nothing is left for reads`,
    });
  }
  const single = values.AJAX_API_KEY === undefined ? [] : [values.AJAX_API_KEY];
  const several = values.AJAX_API_KEYS ?? [];
  if (values.AJAX_API_KEYS?.length === 0 && single.length === 0) {
    problems.push({
      variable: 'AJAX_API_KEYS',
      value: undefined,
      message: 'is set, but holds no key; expected API keys, or no such variable for the demo',
    });
  }
  return {
    baseUrl: withSlash(values.AJAX_API_BASE_URL ?? AJAX_API_BASE_URL),
    apiKeys: [...new Set(several.length > 0 ? several : single)],
    budget: { requests, windowMs: values.AJAX_BUDGET_WINDOW_MS ?? 60_000, reserve },
    requestTimeoutMs: values.AJAX_REQUEST_TIMEOUT_MS ?? 15_000,
    cacheTtlSeconds: {
      hubs: values.CACHE_TTL_HUBS ?? 1_800,
      hub: values.CACHE_TTL_HUB_DETAIL ?? 30,
      devices: values.CACHE_TTL_DEVICES ?? 30,
      device: values.CACHE_TTL_DEVICE_DETAIL ?? 30,
      rooms: values.CACHE_TTL_ROOMS ?? 600,
      groups: values.CACHE_TTL_GROUPS ?? 30,
    },
  };
}

function withSlash(address: string): string {
  return address.endsWith('/') ? address : `${address}/`;
}

/** `DATABASE_URL`, or one made of the POSTGRES_* variables, or undefined for the embedded database. */
function databaseUrl(
  values: Values<typeof databaseVariables>,
  problems: ConfigProblem[],
): string | undefined {
  if (values.DATABASE_URL !== undefined) return values.DATABASE_URL;
  const names = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB', 'POSTGRES_HOST'] as const;
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length === names.length) return undefined;
  for (const name of missing) {
    problems.push({
      variable: name,
      value: undefined,
      message: `is missing; PostgreSQL needs all of ${names.join(', ')}, or DATABASE_URL alone`,
    });
  }
  const address = new URL('postgres://localhost');
  address.hostname = values.POSTGRES_HOST ?? 'localhost';
  address.port = String(values.POSTGRES_PORT ?? 5432);
  address.username = encodeURIComponent(values.POSTGRES_USER ?? '');
  address.password = encodeURIComponent(values.POSTGRES_PASSWORD ?? '');
  address.pathname = `/${encodeURIComponent(values.POSTGRES_DB ?? '')}`;
  return address.href;
}

export interface Config {
  readonly projectName: string;
  readonly http: {
    readonly host: string;
    /** 0 picks a free port. */
    readonly port: number;
    /** Second prefix under which `/api/v1` is served. */
    readonly apiPrefix: string;
    readonly corsOrigins: readonly string[];
    /** Addresses and ranges whose X-Forwarded-* headers are believed. */
    readonly trustedProxies: readonly string[];
  };
  readonly dataDirectory: string;
  /** undefined: the embedded database in the data directory. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** undefined in embedded mode: generated once and kept in the data directory. */
  readonly secretKey: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  /**
   * `live`: Ajax, with the operator's keys. `demo`: the simulator. `remote`: a coordinator elsewhere.
   * `unconfigured`: the simulator as well, but only while the data directory holds no real account.
   */
  readonly upstream: 'live' | 'demo' | 'remote' | 'unconfigured';
  readonly coordinator: CoordinatorConfig & {
    /** Origins of the coordinators of this installation; none: it lives in this process. */
    readonly urls: readonly string[];
    readonly secret: string | undefined;
  };
  readonly tokens: {
    readonly algorithm: 'HS256' | 'HS384' | 'HS512';
    readonly accessSeconds: number;
    readonly refreshSeconds: number;
  };
  readonly cookies: {
    /** `auto`: Secure when the request came by HTTPS. */
    readonly secure: boolean | 'auto';
    readonly sameSite: 'lax' | 'strict' | 'none';
    readonly domain: string | undefined;
  };
  readonly plans: { readonly defaultPlan: Plan; readonly developerMode: boolean };
  readonly billing: BillingConfig;
  readonly administrators: {
    readonly emails: readonly string[];
    /** undefined: the e-mail alone decides. */
    readonly secretKey: string | undefined;
  };
  /** undefined: there are no metrics. */
  readonly metricsToken: string | undefined;
  /** Whether this gateway runs background jobs; otherwise it only stores them. */
  readonly worker: boolean;
  /** Where people reach the dashboard, without a slash at the end: for links in mails. */
  readonly publicUrl: string;
  /** undefined: nothing is mailed. */
  readonly mail: MailConfig | undefined;
  /** Whether webhooks may go to private addresses and without TLS. */
  readonly webhooksAllowPrivate: boolean;
}

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  /** undefined: the server asks for no login. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** TLS from the first byte on port 465, else STARTTLS, which must succeed. */
  readonly tls: boolean;
  readonly fromEmail: string;
  readonly fromName: string;
}

/** Private ranges, for TRUST_PROXIES=true of older installations. */
const PRIVATE_RANGES = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
];

/**
 * Parses the environment of the gateway.
 * @throws ConfigError with every problem found
 */
export function parseConfig(env: Environment): Config {
  const problems: ConfigProblem[] = [];
  const values = readAll(gatewayVariables, env, problems);
  const coordinator = coordinatorConfig(values, problems);
  const database = databaseUrl(values, problems);
  const upstream = chooseUpstream(values, coordinator.apiKeys.length > 0, database !== undefined, problems);

  if (database !== undefined && values.SECRET_KEY === undefined && !isSet(env, 'SECRET_KEY')) {
    problems.push(missing('SECRET_KEY', `with a database of its own; expected ${secretOf(32).allowed}`));
  }
  const coordinatorUrls = [...new Set(values.COORDINATOR_URL)];
  if (values.COORDINATOR_URL?.length === 0) {
    problems.push({
      variable: 'COORDINATOR_URL',
      value: undefined,
      message: 'is set, but names no coordinator',
    });
  }
  if (coordinatorUrls.length > 0 && !isSet(env, 'COORDINATOR_SECRET')) {
    problems.push(missing('COORDINATOR_SECRET', 'with COORDINATOR_URL: both processes share it'));
  }
  if (values.COOKIE_SAMESITE === 'none' && values.COOKIE_SECURE === false) {
    problems.push({
      variable: 'COOKIE_SECURE',
      value: 'false',
      message: 'does not go with COOKIE_SAMESITE=none; browsers drop such cookies',
    });
  }
  const billing = billingConfig(values, problems);
  const projectName = values.PROJECT_NAME ?? 'AjaxSecurFlow';
  const mail = mailConfig(values, projectName, problems);
  if (problems.length > 0) throw new ConfigError(problems);

  const host = values.HOST ?? '127.0.0.1';
  const port = values.PORT ?? 8000;
  return deepFreeze({
    projectName,
    http: {
      host,
      port,
      apiPrefix: values.API_V1_STR ?? '/api/v1',
      corsOrigins: values.BACKEND_CORS_ORIGINS ?? ['http://localhost:3000', 'http://127.0.0.1:3000'],
      trustedProxies: values.TRUSTED_PROXIES ?? (values.TRUST_PROXIES ? PRIVATE_RANGES : []),
    },
    dataDirectory: values.DATA_DIR ?? './data',
    databaseUrl: database,
    redisUrl: values.REDIS_URL,
    secretKey: values.SECRET_KEY,
    logLevel: values.LOG_LEVEL ?? 'info',
    upstream,
    coordinator: { ...coordinator, urls: coordinatorUrls, secret: values.COORDINATOR_SECRET },
    tokens: {
      algorithm: values.ALGORITHM ?? 'HS256',
      accessSeconds: (values.ACCESS_TOKEN_EXPIRE_MINUTES ?? 30) * 60,
      refreshSeconds: (values.REFRESH_TOKEN_EXPIRE_DAYS ?? 7) * 86_400,
    },
    cookies: {
      secure: values.COOKIE_SECURE ?? 'auto',
      sameSite: values.COOKIE_SAMESITE ?? 'lax',
      domain: values.COOKIE_DOMAIN,
    },
    plans: {
      defaultPlan: defaultPlanOf(values),
      developerMode: values.ENABLE_DEVELOPER_MODE ?? false,
    },
    billing,
    administrators: { emails: values.ADMIN_EMAILS ?? [], secretKey: values.ADMIN_SECRET_KEY },
    metricsToken: values.METRICS_TOKEN,
    worker: values.WORKER ?? true,
    publicUrl: values.FRONTEND_URL?.replace(/\/+$/, '') ?? localAddress(host, port),
    mail,
    webhooksAllowPrivate: values.WEBHOOKS_ALLOW_PRIVATE ?? false,
  } satisfies Config);
}

/** Where a browser on this machine reaches a listener. A cookie of 127.0.0.1 is none of localhost. */
export function localAddress(host: string, port: number): string {
  const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Without SMTP_HOST nothing is mailed, whatever else is set. */
function mailConfig(
  values: Values<typeof gatewayVariables>,
  projectName: string,
  problems: ConfigProblem[],
): MailConfig | undefined {
  if (values.SMTP_HOST === undefined) return undefined;
  const fromEmail = values.SMTP_FROM_EMAIL ?? email.read(values.SMTP_USER ?? '');
  if (fromEmail === undefined)
    problems.push(missing('SMTP_FROM_EMAIL', 'unless SMTP_USER is an e-mail address'));
  if (values.SMTP_USER !== undefined && values.SMTP_PASSWORD === undefined) {
    problems.push(missing('SMTP_PASSWORD', 'with SMTP_USER'));
  }
  return {
    host: values.SMTP_HOST,
    port: values.SMTP_PORT ?? 587,
    user: values.SMTP_USER,
    password: values.SMTP_PASSWORD,
    tls: values.SMTP_TLS ?? true,
    fromEmail: fromEmail ?? '',
    fromName: values.SMTP_FROM_NAME ?? projectName,
  };
}

function chooseUpstream(
  values: Values<typeof gatewayVariables>,
  hasKey: boolean,
  hasDatabase: boolean,
  problems: ConfigProblem[],
): Config['upstream'] {
  if (values.COORDINATOR_URL?.length) return 'remote';
  if (values.DEMO) {
    if (hasKey) {
      problems.push({
        variable: 'DEMO',
        value: 'true',
        message: 'does not go with AJAX_API_KEYS: either the simulator or Ajax is the upstream',
      });
    }
    return 'demo';
  }
  if (hasKey) return 'live';
  const configured = [
    hasDatabase && 'a database',
    values.REDIS_URL !== undefined && 'REDIS_URL',
    values.STRIPE_SECRET_KEY !== undefined && 'STRIPE_SECRET_KEY',
    (values.ADMIN_EMAILS?.length ?? 0) > 0 && 'ADMIN_EMAILS',
    values.ADMIN_SECRET_KEY !== undefined && 'ADMIN_SECRET_KEY',
    values.DEMO === false && 'DEMO=false',
  ].filter((name) => name !== false);
  if (configured.length === 0) return 'unconfigured';
  problems.push(
    missing(
      'AJAX_API_KEYS',
      `although ${configured.join(' and ')} is set; DEMO=true runs the simulator instead`,
    ),
  );
  return 'live';
}

export interface CoordinatorProcessConfig extends CoordinatorConfig {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** undefined: the database is the storage. */
  readonly redisUrl: string | undefined;
  /** Where standbys and gateways reach this process. */
  readonly advertiseUrl: string | undefined;
  readonly secretKey: string;
  readonly secret: string;
  /** undefined: there are no metrics. */
  readonly metricsToken: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
}

/**
 * Parses the environment of a coordinator that runs as its own process.
 * @throws ConfigError with every problem found
 */
export function parseCoordinatorConfig(env: Environment): CoordinatorProcessConfig {
  const problems: ConfigProblem[] = [];
  const values = readAll(sharedVariables, env, problems);
  const coordinator = coordinatorConfig(values, problems);
  const database = databaseUrl(values, problems);
  if (database === undefined && !isSet(env, 'DATABASE_URL')) {
    problems.push(missing('DATABASE_URL', 'for a coordinator of its own, also with REDIS_URL'));
  }
  if (coordinator.apiKeys.length === 0) problems.push(missing('AJAX_API_KEYS', 'to call Ajax'));
  for (const name of ['SECRET_KEY', 'COORDINATOR_SECRET'] as const) {
    if (!isSet(env, name)) problems.push(missing(name, `; expected ${sharedVariables[name].allowed}`));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({
    ...coordinator,
    host: values.HOST ?? '127.0.0.1',
    port: values.PORT ?? 8001,
    databaseUrl: database ?? '',
    redisUrl: values.REDIS_URL,
    advertiseUrl: values.COORDINATOR_ADVERTISE_URL,
    secretKey: values.SECRET_KEY ?? '',
    secret: values.COORDINATOR_SECRET ?? '',
    metricsToken: values.METRICS_TOKEN,
    logLevel: values.LOG_LEVEL ?? 'info',
  });
}

/**
 * Parses what `npm run migrate` needs of the environment.
 * @throws ConfigError with every problem found
 */
export function parseDatabaseUrl(env: Environment): string {
  const problems: ConfigProblem[] = [];
  const database = databaseUrl(readAll(databaseVariables, env, problems), problems);
  if (database === undefined && problems.length === 0) {
    problems.push(missing('DATABASE_URL', '; the embedded database is migrated when the gateway starts'));
  }
  if (database === undefined || problems.length > 0) throw new ConfigError(problems);
  return database;
}

function missing(variable: string, why: string): ConfigProblem {
  return { variable, value: undefined, message: `is required${why.startsWith(';') ? why : ` ${why}`}` };
}

function isSet(env: Environment, name: string): boolean {
  return (env[name]?.trim() ?? '') !== '';
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
