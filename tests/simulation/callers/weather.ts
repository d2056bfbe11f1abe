/** How much is asked for: changes every few minutes. */
export interface Weather {
  load: 'idle' | 'light' | 'busy';
  /** Accounts that ask for more than there is. */
  flooders: ReadonlySet<string>;
  /** Requests an account has under way at once when it does. */
  depthOf: (account: string) => number;
  /** Requests each account is about to have under way. */
  readonly asking: Map<string, number>;
  /** Of the times between the requests of the others: so many tenants share so few tokens. */
  readonly pace: number;
  /** How long they wait when they are refused, ms. */
  againAfterMs: readonly [least: number, most: number];
  /** Called when the flooders have changed. */
  readonly watchers: (() => void)[];
}
