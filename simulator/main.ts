/** Entry of the simulator as a server of its own: environment, listener, and what to type next. */
import { z } from 'zod';
import { listen, onShutdown } from '../src/serve.ts';
import { breakConnections } from './connection.ts';
import { createSimulator } from './simulator.ts';

/** `sysexits.h` EX_CONFIG: the environment is wrong, starting again will not help. */
const EXIT_CONFIG = 78;

const positive = z.coerce.number().int().positive();

const latency = z
  .string()
  .regex(/^\d+(-\d+)?$/, 'expected milliseconds, as 50 or 20-80')
  .transform((text) => {
    const [min = 0, max = min] = text.split('-').map(Number);
    return [min, max] as const;
  });

const environment = z.object({
  SIMULATOR_HOST: z.string().min(1).default('127.0.0.1'),
  SIMULATOR_PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
  SIMULATOR_API_KEY: z.string().min(1).default('demo-key'),
  SIMULATOR_SEED: z.coerce.number().int().min(0).default(1),
  SIMULATOR_BUDGET_REQUESTS: positive.default(100),
  SIMULATOR_BUDGET_WINDOW_MS: positive.default(60_000),
  SIMULATOR_SESSION_TTL_MS: positive.default(15 * 60_000),
  SIMULATOR_LATENCY_MS: latency.default([40, 120]),
  SIMULATOR_THROTTLE_AS: z.enum(['status-429', 'message-200']).default('status-429'),
  SIMULATOR_EXTRA_ACCOUNTS: z.coerce.number().int().min(0).default(0),
});

const parsed = environment.safeParse(process.env);
if (!parsed.success) {
  console.error('The simulator cannot start:');
  for (const { path, message } of parsed.error.issues) {
    const name = path.join('.');
    console.error(`  ${name}=${JSON.stringify(process.env[name])}: ${message}`);
  }
  process.exit(EXIT_CONFIG);
}

const config = parsed.data;
const simulator = createSimulator({
  apiKeys: [config.SIMULATOR_API_KEY],
  seed: config.SIMULATOR_SEED,
  budget: { limit: config.SIMULATOR_BUDGET_REQUESTS, windowMs: config.SIMULATOR_BUDGET_WINDOW_MS },
  sessionTtlMs: config.SIMULATOR_SESSION_TTL_MS,
  latencyMs: config.SIMULATOR_LATENCY_MS,
  throttleAs: config.SIMULATOR_THROTTLE_AS,
  extraAccounts: config.SIMULATOR_EXTRA_ACCOUNTS,
});

const listener = await listen(breakConnections(simulator.fetch), {
  hostname: config.SIMULATOR_HOST,
  port: config.SIMULATOR_PORT,
}).catch((error: unknown) => {
  console.error(`Cannot listen on ${config.SIMULATOR_HOST}:${config.SIMULATOR_PORT}:`, error);
  process.exit(1);
});

const shown = simulator.accounts.filter(({ login }) => !login.endsWith('@load.test'));
console.log(`Ajax simulator on http://${config.SIMULATOR_HOST}:${listener.port}/api`);
console.log(`API key: ${config.SIMULATOR_API_KEY}`);
for (const { login, password, totp, description } of shown) {
  console.log(`  ${login}  ${password}${totp ? `  totp ${totp}` : ''}\n    ${description}`);
}
if (config.SIMULATOR_EXTRA_ACCOUNTS > 0) {
  console.log(`  user1@load.test  load-1  (and ${config.SIMULATOR_EXTRA_ACCOUNTS - 1} more)`);
}

onShutdown(() => {
  simulator.faults.clear();
  void listener.close().then(() => process.exit(0));
});
