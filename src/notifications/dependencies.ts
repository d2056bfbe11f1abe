import type { AuditTrail } from '../audit/index.ts';
import type { Config } from '../config.ts';
import type { Enqueue } from '../db/background.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Sealer } from '../kernel/crypto.ts';
import type { Log } from '../kernel/log.ts';
import type { AccountDirectory } from './ports.ts';

/** What the verbs of this module work with. */
export interface NotificationDependencies {
  readonly config: Config;
  readonly database: Database;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly log: Log;
  readonly enqueue: Enqueue;
  readonly accounts: AccountDirectory;
  /** Seals the secrets of webhooks. */
  readonly sealer: Sealer;
  /** Signs links to unsubscribe. */
  readonly sign: (text: string) => Promise<string>;
}
