import { type Config, localAddress } from './config.ts';
import type { StartedCoordinator } from './main.coordinator.ts';
import type { OpenStorage } from './main.storage.ts';
import { runtimeName } from './serve.ts';
import { version } from './version.ts';

/** What a person wants to know after a start: where to go, what is behind it, where the data is. */
export async function banner(
  config: Config,
  port: number,
  storage: OpenStorage,
  { demoAccounts }: StartedCoordinator,
): Promise<string> {
  const lines = [
    `${config.projectName} ${version} on ${runtimeName}`,
    '',
    `  Open      ${localAddress(config.http.host, port)}`,
    `  Upstream  ${upstreamOf(config, demoAccounts !== undefined)}`,
    `  Data      ${storage.place}`,
  ];
  if (demoAccounts !== undefined) {
    const accounts = await demoAccounts();
    const width = Math.max(...accounts.map(({ login }) => login.length));
    lines.push('', '  Demo accounts');
    for (const { login, password, description, totp } of accounts) {
      const hint = totp === undefined ? '' : ' (the sign-in page fills the code in)';
      lines.push(`    ${login.padEnd(width)}  ${password.padEnd(12)}  ${description}${hint}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function upstreamOf(config: Config, isDemo: boolean): string {
  if (isDemo) return 'simulator: a demo, no real alarm system is touched';
  const { urls, baseUrl, apiKeys, budget } = config.coordinator;
  if (urls.length > 0) return `through the coordinator at ${urls.join(', ')}`;
  const { requests, windowMs } = budget;
  return `${new URL(baseUrl).origin}, ${apiKeys.length} API key(s), ${requests} requests per ${windowMs / 1000} s`;
}
