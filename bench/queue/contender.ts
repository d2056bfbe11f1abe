/** What every contender is asked to do: let jobs through to the upstream, at most `limit` in any window. */

export interface Job {
  /** Its path is unique by this. */
  readonly id: string;
  /** 0 and up. */
  readonly tenant: number;
}

export interface Settings {
  readonly limit: number;
  readonly windowMs: number;
  /** Origin of the recording upstream. */
  readonly upstream: string;
  readonly redisUrl: string;
  readonly postgresUrl: string;
  /** Of the contender's own, for embedded storage. */
  readonly directory: string;
  /** Tenants that will be there. */
  readonly tenants: number;
  /** Goes on with what a killed process left, instead of beginning anew. */
  readonly resumes: boolean;
}

export interface Contender {
  /** Kinds of work, the usual one first; each resolves once the upstream has answered. */
  readonly running: Readonly<Record<string, (job: Job) => Promise<void>>>;
  /** Ways to hand over jobs that survive a crash; each resolves once they are persisted. */
  readonly accepting: Readonly<Record<string, (jobs: readonly Job[]) => Promise<void>>>;
  /** Takes back what was accepted and waits. */
  clear(): Promise<void>;
  /** What is said of each job to whoever asks after it. */
  outcomes(jobs: readonly Job[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

/** `nothing` is known of a job that nobody keeps a record of. */
export type Outcome = 'executed' | 'not executed' | 'unknown' | 'nothing';

export const sayNothing = async (jobs: readonly Job[]): Promise<Outcome[]> => jobs.map(() => 'nothing');

export const nothingDurable: Pick<Contender, 'accepting' | 'clear' | 'outcomes'> = {
  accepting: {},
  clear: async () => {},
  outcomes: sayNothing,
};

/** Path of a job at the upstream, for those who know nothing of accounts. */
export const pathOf = ({ id }: Job) => `/api/user/0/hubs/0/devices/${id}`;

/** A job by its path, at the upstream. */
export const jobOf = (path: string) => /\/devices\/(\w+)/.exec(path)?.[1];
