import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  type Environment,
  gatewayVariables,
  parseConfig,
  parseCoordinatorConfig,
} from '../../../src/config.ts';

function problemsOf(parse: (env: Environment) => unknown, env: Environment) {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const problems = (env: Environment) => problemsOf(parseConfig, env);
const SECRET = 'a-secret-key-of-at-least-32-characters';
const postgres = {
  POSTGRES_USER: 'ajax user',
  POSTGRES_PASSWORD: 'p@ss/word',
  POSTGRES_DB: 'gateway',
  POSTGRES_HOST: 'db.local',
};

const stripe = {
  STRIPE_SECRET_KEY: 'sk_test',
  STRIPE_WEBHOOK_SECRET: 'whsec_test',
  STRIPE_PRICE_ID_PRO: 'price_pro_monthly, price_pro_yearly',
};

describe('parseConfig', () => {
  it('reads what plans let through, how they are tried out and sold', () => {
    const { billing } = parseConfig({
      ...{ AJAX_API_KEY: 'k', ...stripe, STRIPE_API_BASE: 'http://127.0.0.1:4242/' },
      ...{ QUOTA_FREE: '20/2', QUOTA_PREMIUM: 'none', TRIAL_DAYS: '14' },
    });
    expect(billing).toMatchObject({
      quotas: { free: { perHour: 20, perMinute: 2 }, basic: { perHour: 500, perMinute: 50 } },
      trial: { plan: 'premium', days: 14 },
      vouchersPerAccount: 5,
      stripe: {
        apiBase: 'http://127.0.0.1:4242',
        prices: { pro: ['price_pro_monthly', 'price_pro_yearly'] },
        graceDays: 3,
      },
    });
    expect(billing.quotas.premium).toBeUndefined();
    expect(parseConfig({}).billing).toMatchObject({ trial: undefined, stripe: undefined });
  });

  it('refuses to sell what it cannot tell apart or be paid for safely', () => {
    const live = { AJAX_API_KEY: 'k', STRIPE_SECRET_KEY: 'sk_test' };
    const named = (env: Environment) => problems(env).map(({ variable }) => variable);
    expect(named(live)).toEqual(['STRIPE_WEBHOOK_SECRET', 'STRIPE_PRICE_ID_BASIC']);
    const twice = { STRIPE_PRICE_ID_BASIC: 'price_1', STRIPE_PRICE_ID_PRO: 'price_1' };
    expect(named({ ...live, STRIPE_WEBHOOK_SECRET: 'w', ...twice })).toEqual(['STRIPE_PRICE_ID_PREMIUM']);
  });

  it('refuses a trial of what everybody has anyway, and quotas that are none', () => {
    expect(problems({ TRIAL_DAYS: '7' }).map(({ variable }) => variable)).toEqual(['TRIAL_PLAN']);
    expect(problems({ TRIAL_DAYS: '7', DEFAULT_PLAN: 'free', TRIAL_PLAN: 'basic' })).toEqual([]);
    for (const value of ['100', '0/5', '100/-1', 'lots'])
      expect(problems({ QUOTA_FREE: value }), value).toMatchObject([{ variable: 'QUOTA_FREE', value }]);
  });

  it('needs nothing: an empty environment is the embedded demo', () => {
    const config = parseConfig({});
    expect(config.upstream).toBe('unconfigured');
    expect(config.databaseUrl).toBeUndefined();
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8000, trustedProxies: [] });
    expect(config.coordinator.budget).toEqual({ requests: 100, windowMs: 60_000, reserve: 5 });
    expect(config.coordinator.baseUrl).toBe('https://api.ajax.systems/api/');
    expect(config.tokens).toEqual({ algorithm: 'HS256', accessSeconds: 1_800, refreshSeconds: 604_800 });
  });

  it('gives every plan to everybody unless Stripe is configured', () => {
    expect(parseConfig({}).plans.defaultPlan).toBe('premium');
    expect(parseConfig({ AJAX_API_KEY: 'k', ...stripe }).plans.defaultPlan).toBe('free');
    expect(parseConfig({ DEFAULT_PLAN: 'Basic' }).plans.defaultPlan).toBe('basic');
  });

  it('reports every problem at once, each with name, value and what is allowed', () => {
    const found = problems({
      PORT: '70000',
      DEMO: 'perhaps',
      LOG_LEVEL: 'loud',
      TRUSTED_PROXIES: '10.0.0.0/99',
      AJAX_BUDGET_REQUESTS: '-5',
    });
    expect(found.map(({ variable }) => variable).sort()).toEqual([
      'AJAX_BUDGET_REQUESTS',
      'DEMO',
      'LOG_LEVEL',
      'PORT',
      'TRUSTED_PROXIES',
    ]);
    const port = found.find(({ variable }) => variable === 'PORT');
    expect(port).toMatchObject({ value: '70000', message: expect.stringContaining('0 to 65535') });
  });

  it('never shows the value of a secret', () => {
    const error = problems({
      SECRET_KEY: 'short-secret',
      AJAX_API_KEYS: '[not json',
      DATABASE_URL: 'mysql://u:pw@h/d',
    });
    expect(error).toHaveLength(3);
    const text = new ConfigError(error).message;
    for (const secret of ['short-secret', 'not json', 'pw@h']) expect(text).not.toContain(secret);
  });

  it.each([
    ['True', true],
    ['False', false],
    ['true', true],
    ['0', false],
  ])('reads the spelling %s of older installations', (spelling, expected) => {
    expect(parseConfig({ ENABLE_DEVELOPER_MODE: spelling }).plans.developerMode).toBe(expected);
  });

  it.each(['["https://a.example", "https://b.example"]', 'https://a.example, https://b.example/'])(
    'reads the list %s',
    (list) => {
      const { corsOrigins } = parseConfig({ BACKEND_CORS_ORIGINS: list }).http;
      expect(corsOrigins).toEqual(['https://a.example', 'https://b.example']);
    },
  );

  it('builds the database address of the POSTGRES_ variables, escaping what needs it', () => {
    const { databaseUrl } = parseConfig({ ...postgres, AJAX_API_KEY: 'k', SECRET_KEY: SECRET });
    expect(databaseUrl).toBe('postgres://ajax%20user:p%40ss%2Fword@db.local:5432/gateway');
  });

  it('names what is missing of a half-configured PostgreSQL', () => {
    const found = problems({ POSTGRES_USER: 'ajax', AJAX_API_KEY: 'k', SECRET_KEY: SECRET });
    expect(found.map(({ variable }) => variable)).toEqual([
      'POSTGRES_PASSWORD',
      'POSTGRES_DB',
      'POSTGRES_HOST',
    ]);
  });

  it('refuses a database of its own without SECRET_KEY', () => {
    const found = problems({ ...postgres, AJAX_API_KEY: 'k' });
    expect(found.map(({ variable }) => variable)).toEqual(['SECRET_KEY']);
  });

  it.each([
    { REDIS_URL: 'redis://localhost' },
    stripe,
    { ADMIN_EMAILS: '["a@b.c"]' },
    { ADMIN_SECRET_KEY: 'x' },
    { DEMO: 'false' },
    { ...postgres, SECRET_KEY: SECRET },
  ])('does not fall back to the simulator when something real is configured: %o', (env) => {
    expect(problems(env).map(({ variable }) => variable)).toEqual(['AJAX_API_KEYS']);
  });

  it('refuses the simulator and an API key together', () => {
    expect(problems({ DEMO: 'true', AJAX_API_KEY: 'k' }).map(({ variable }) => variable)).toEqual(['DEMO']);
  });

  it('refuses a reserve that leaves nothing for reads', () => {
    const found = problems({ AJAX_BUDGET_REQUESTS: '10', AJAX_BUDGET_RESERVE: '10' });
    expect(found.map(({ variable }) => variable)).toEqual(['AJAX_BUDGET_RESERVE']);
  });

  it('refuses a remote coordinator without the shared secret', () => {
    const found = problems({ COORDINATOR_URL: 'http://coordinator:8001' });
    expect(found.map(({ variable }) => variable)).toEqual(['COORDINATOR_SECRET']);
  });

  it('reads the addresses of several coordinators, and refuses what is none', () => {
    const secret = { COORDINATOR_SECRET: 'shared by all processes' };
    const urls = (COORDINATOR_URL: string) => parseConfig({ ...secret, COORDINATOR_URL }).coordinator.urls;
    expect(urls('http://a:8001, http://b:8001/,http://a:8001')).toEqual(['http://a:8001', 'http://b:8001']);
    for (const COORDINATOR_URL of ['a:8001', 'ftp://a', 'http://a/path', ',']) {
      const found = problems({ ...secret, COORDINATOR_URL });
      expect(found.map(({ variable }) => variable)).toEqual(['COORDINATOR_URL']);
    }
  });

  it('reads several API keys once each, in their order', () => {
    expect(parseConfig({ AJAX_API_KEYS: 'b, a ,b' }).coordinator.apiKeys).toEqual(['b', 'a']);
  });

  it('treats an empty variable as not set', () => {
    expect(parseConfig({ PORT: '', AJAX_API_KEY: ' ' }).upstream).toBe('unconfigured');
  });

  it('names the administrators, and whether there are metrics', () => {
    expect(parseConfig({})).toMatchObject({
      administrators: { emails: [], secretKey: undefined },
      metricsToken: undefined,
    });
    const env = { AJAX_API_KEY: 'k', ADMIN_EMAILS: '["A@b.c", "d@e.f"]', ADMIN_SECRET_KEY: 's' };
    expect(parseConfig({ ...env, METRICS_TOKEN: 'sixteen letters!' })).toMatchObject({
      administrators: { emails: ['A@b.c', 'd@e.f'], secretKey: 's' },
      metricsToken: 'sixteen letters!',
    });
  });

  it('refuses a metrics token that can be guessed, without showing it', () => {
    const [problem] = problems({ METRICS_TOKEN: 'guess' });
    expect(problem).toMatchObject({ variable: 'METRICS_TOKEN', value: undefined });
    expect(problem?.message).toContain('at least 16 characters');
  });

  it('is frozen, all the way down', () => {
    const config = parseConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.coordinator.budget)).toBe(true);
  });
});

describe('parseCoordinatorConfig', () => {
  it('names everything a coordinator of its own needs', () => {
    const found = problemsOf(parseCoordinatorConfig, {});
    expect(found.map(({ variable }) => variable)).toEqual([
      'DATABASE_URL',
      'AJAX_API_KEYS',
      'SECRET_KEY',
      'COORDINATOR_SECRET',
    ]);
  });

  const env = {
    DATABASE_URL: 'postgres://u@h/d',
    AJAX_API_KEYS: 'k',
    SECRET_KEY: SECRET,
    COORDINATOR_SECRET: 'sixteen letters!',
  };

  it('reads where it is reached, its Redis and the token for its metrics; all of them may be missing', () => {
    expect(parseCoordinatorConfig(env)).toMatchObject({
      advertiseUrl: undefined,
      redisUrl: undefined,
      metricsToken: undefined,
    });
    const more = {
      COORDINATOR_ADVERTISE_URL: 'http://coordinator-1:8001',
      REDIS_URL: 'redis://redis:6379',
      METRICS_TOKEN: 'another sixteen!',
    };
    expect(parseCoordinatorConfig({ ...env, ...more })).toMatchObject({
      advertiseUrl: 'http://coordinator-1:8001',
      redisUrl: 'redis://redis:6379',
      metricsToken: 'another sixteen!',
    });
  });

  it('needs its database with Redis too', () => {
    const found = problemsOf(parseCoordinatorConfig, {
      ...env,
      DATABASE_URL: undefined,
      REDIS_URL: 'redis://redis:6379',
    });
    expect(found.map(({ variable }) => variable)).toEqual(['DATABASE_URL']);
  });

  it.each(['coordinator-1:8001', 'ftp://x', '/x'])('refuses the address %s', (url) => {
    const found = problemsOf(parseCoordinatorConfig, { ...env, COORDINATOR_ADVERTISE_URL: url });
    expect(found.map(({ variable }) => variable)).toEqual(['COORDINATOR_ADVERTISE_URL']);
  });
});

describe('mail', () => {
  const smtp = {
    SMTP_HOST: 'mail.example.com',
    SMTP_USER: 'me@example.com',
    SMTP_PASSWORD: 'secret of mail',
  };

  it('is sent by nobody without SMTP_HOST, and by STARTTLS on port 587 with it', () => {
    expect(parseConfig({ SMTP_USER: 'me@example.com' }).mail).toBeUndefined();
    expect(parseConfig({ ...smtp, PROJECT_NAME: 'Alarm' }).mail).toEqual({
      host: 'mail.example.com',
      port: 587,
      user: 'me@example.com',
      password: 'secret of mail',
      tls: true,
      fromEmail: 'me@example.com',
      fromName: 'Alarm',
    });
  });

  it('needs a sender and, with a user, a password; the password is never shown', () => {
    const named = (env: Environment) => problemsOf(parseConfig, env).map(({ variable }) => variable);
    expect(named({ ...smtp, SMTP_USER: 'login', SMTP_PASSWORD: 'x' })).toEqual(['SMTP_FROM_EMAIL']);
    expect(named({ ...smtp, SMTP_PASSWORD: undefined })).toEqual(['SMTP_PASSWORD']);
    expect(named({ ...smtp, SMTP_FROM_EMAIL: 'nobody', SMTP_PORT: '0' })).toEqual([
      'SMTP_PORT',
      'SMTP_FROM_EMAIL',
    ]);
    const text = JSON.stringify(problemsOf(parseConfig, { ...smtp, SMTP_PORT: 'x' }));
    expect(text).not.toContain(smtp.SMTP_PASSWORD);
  });

  it('links to where people reach the dashboard, without a slash at the end', () => {
    // As the start says it: the cookies of the one are not sent to the other.
    expect(parseConfig({}).publicUrl).toBe('http://127.0.0.1:8000');
    expect(parseConfig({ HOST: '0.0.0.0', PORT: '9000' }).publicUrl).toBe('http://localhost:9000');
    expect(parseConfig({ HOST: '::1' }).publicUrl).toBe('http://[::1]:8000');
    expect(parseConfig({ FRONTEND_URL: 'https://alarm.example.com//' }).publicUrl).toBe(
      'https://alarm.example.com',
    );
  });
});

it('docs/configuration.md describes every variable that is read, and no other', () => {
  const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = text.match(/^\| `.+?\|/gm)?.join('\n') ?? '';
  const described = new Set([...rows.matchAll(/`([A-Z][A-Z0-9_]+)(?:=\w+)?`/g)].map((match) => match[1]));
  expect([...described].sort()).toEqual(Object.keys(gatewayVariables).sort());
});
