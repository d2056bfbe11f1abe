import type { CoordinatorClient } from '../../coordinator/contract/client.ts';
import type { AuditTrail } from '../audit/index.ts';
import type { StartTrial } from '../billing/index.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { AccountDirectory, Notify } from '../notifications/index.ts';
import type { Lockout } from './lockout/index.ts';
import type { Sessions } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** What the verbs of this module work with. */
export interface IdentityDependencies {
  readonly config: Config;
  readonly database: Database;
  readonly coordinator: CoordinatorClient;
  readonly trail: AuditTrail;
  readonly notify: Notify;
  readonly directory: AccountDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly lockout: Lockout;
  /** Of an e-mail, keyed: people type passwords there, and a plain SHA-256 of one is all that Ajax asks for. */
  readonly hashLogin: (email: string) => Promise<string>;
  /** Of an account that signs in for the first time. */
  readonly startTrial: StartTrial;
  /** Which upstream the accounts of this gateway belong to. */
  readonly accountsOf: 'live' | 'demo';
}
