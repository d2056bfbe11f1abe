/** Events on their way: signed as Stripe signs them, and delivered as badly as a test likes. */

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  /** As it goes over the wire. */
  readonly payload: string;
}

export interface OutboxOptions {
  readonly secret: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves to the status of the answer. */
  readonly send: (payload: string, signature: string) => Promise<number>;
}

export function createOutbox({ secret, now, send }: OutboxOptions) {
  let pending: StripeEvent[] = [];
  const all: StripeEvent[] = [];

  return {
    /** Everything that ever happened. */
    all,
    put(event: StripeEvent): void {
      all.push(event);
      pending.push(event);
    },
    /** What has not been delivered yet; it is the caller's now. */
    take(): StripeEvent[] {
      const taken = pending;
      pending = [];
      return taken;
    },
    async deliver({ payload }: StripeEvent): Promise<number> {
      return send(payload, await sign(payload, secret(), now()));
    },
    /** In order; what was not taken stays for the next time, as Stripe tries again for days. */
    async flush(): Promise<void> {
      const taken = this.take();
      for (const event of taken) {
        const status = await this.deliver(event).catch(() => 0);
        if (status < 200 || status > 299) pending.push(event);
      }
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

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
