/** Events on their way: signed as Stripe signs them, and delivered as badly as a test likes. */

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  /** As it goes over the wire. */
  readonly payload: string;
}

/** How badly events are delivered; each once, at once and in order where nothing is said. */
export interface Weather {
  readonly shuffled?: boolean;
  readonly twice?: boolean;
  /** Up to so many milliseconds. */
  readonly lateMs?: number;
  /** The share that never comes, from 0 to 1. */
  readonly lost?: number;
}

export interface OutboxOptions {
  readonly secret: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves to the status of the answer. */
  readonly send: (payload: string, signature: string) => Promise<number>;
  readonly weather?: Weather | undefined;
  /** From 0 to 1, exclusive. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

interface Pending {
  readonly event: StripeEvent;
  readonly dueMs: number;
}

export function createOutbox({ secret, now, send, weather = {}, random = Math.random }: OutboxOptions) {
  const { shuffled = false, twice = false, lateMs = 0, lost = 0 } = weather;
  let pending: readonly Pending[] = [];
  const all: StripeEvent[] = [];
  const inOrder = <T>(items: readonly T[]): readonly T[] =>
    shuffled
      ? items
          .map((item) => ({ item, at: random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item)
      : items;

  return {
    /** Everything that ever happened. */
    all,
    put(event: StripeEvent): void {
      all.push(event);
      if (lost > 0 && random() < lost) return;
      pending = [...pending, { event, dueMs: lateMs > 0 ? now() + random() * lateMs : 0 }];
    },
    /** What has not been delivered yet; it is the caller's now. */
    take(): StripeEvent[] {
      const taken = pending;
      pending = [];
      return taken.map(({ event }) => event);
    },
    async deliver({ payload }: StripeEvent): Promise<number> {
      return send(payload, await sign(payload, secret(), now()));
    },
    /** As the weather is; what was not taken stays for the next time, as Stripe tries again for days. */
    async flush(): Promise<void> {
      const due = pending.filter(({ dueMs }) => dueMs <= now());
      pending = pending.filter((each) => !due.includes(each));
      for (const each of inOrder(twice ? [...due, ...due] : due)) {
        const status = await this.deliver(each.event).catch(() => 0);
        if ((status < 200 || status > 299) && !pending.includes(each)) pending = [...pending, each];
      }
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

/** "shuffled twice late=5 lost=0.3": late in seconds. @throws Error that says what is allowed */
export function readWeather(words: string): Weather {
  const weather = words.split(/\s+/).flatMap((word): Weather[] => {
    const [name, value] = word.split('=');
    const number = Number(value ?? Number.NaN);
    if (word === '') return [];
    if (word === 'shuffled') return [{ shuffled: true }];
    if (word === 'twice') return [{ twice: true }];
    if (name === 'late' && number >= 0) return [{ lateMs: number * 1_000 }];
    if (name === 'lost' && number >= 0 && number <= 1) return [{ lost: number }];
    throw new Error(
      `STRIPE_DOUBLE_WEATHER knows shuffled, twice, late=<seconds> and lost=<0 to 1>, not "${word}"`,
    );
  });
  return Object.assign({}, ...weather);
}

/** `Stripe-Signature`: HMAC-SHA-256 of the moment and the payload. */
export async function sign(payload: string, secret: string, nowMs: number): Promise<string> {
  const at = Math.floor(nowMs / 1_000);
  const bytes = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), algorithm, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, bytes.encode(`${at}.${payload}`));
  const hex = [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `t=${at},v1=${hex}`;
}
