/** What callers ask, and what they are told. */

export interface Call {
  readonly number: number;
  readonly kind: 'read' | 'command' | 'login' | 'job' | 'receipt';
  readonly account: string;
  readonly submittedAt: number;
  readonly hub: string | undefined;
  /** Held by earlier calls of the same request. */
  readonly heldMs: number;
  /** Of a command. */
  readonly command?: CommandCall;
  readonly isNoCache?: boolean;
  /** Longest time the answer may have been kept, and may be served while nothing better is to be had. */
  readonly keptMs?: { readonly usual: number; readonly stale: number };
  /** Of a read that no other can answer. */
  readonly unique?: string;
}

export interface CommandCall {
  readonly id: string;
  /** What the caller wants done once, however often it asks. */
  readonly wish: string;
  /** Commands about the same thing. */
  readonly target: string;
  readonly isKeyed: boolean;
  readonly isAsync: boolean;
}

export type Told =
  | {
      readonly kind: 'read';
      readonly status: number;
      readonly cache: 'HIT' | 'MISS' | 'STALE' | undefined;
      readonly body: unknown;
    }
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The command whose answer it is. */
      readonly id: string;
      readonly isReplayed: boolean;
    }
  | { readonly kind: 'accepted'; readonly id: string; readonly outcome: string; readonly isReplayed: boolean }
  | {
      readonly kind: 'receipt';
      readonly id: string;
      readonly outcome: string;
      readonly status: number | null;
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: string; readonly id: string | undefined }
  /** The caller left before the answer. */
  | { readonly kind: 'left' };
