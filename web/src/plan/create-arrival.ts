import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import { isRunning } from './subscription-words.ts';

/** `late`: it takes longer than it should, and is still waited for. */
export type Arrival = 'waiting' | 'late' | 'arrived';

const LOOK_INTERVAL_MS = 2000;
const LATE_MS = 60_000;
/** Who waits for longer than a minute need not ask as often. */
const LATE_INTERVAL_MS = 15_000;

/** Waits for what was paid at Stripe to show up in the plan: Stripe tells the gateway, not the browser. */
export function createArrival(
  plan: Accessor<PlanOfAccount | undefined>,
  look: () => Promise<unknown>,
): Accessor<Arrival> {
  const [isLate, setLate] = createSignal(false);
  const hasArrived = createMemo(() => {
    const now = plan();
    const subscription = now?.payments.subscription;
    if (!now || !subscription || !isRunning(subscription)) return false;
    return now.grants.some(
      ({ source, state }) => source === 'stripe' && (state === 'in_force' || state === 'covered'),
    );
  });

  const lateTimer = setTimeout(() => setLate(true), LATE_MS);
  onCleanup(() => clearTimeout(lateTimer));

  createEffect(() => {
    if (hasArrived()) return;
    const timer = setInterval(() => void look(), isLate() ? LATE_INTERVAL_MS : LOOK_INTERVAL_MS);
    onCleanup(() => clearInterval(timer));
  });

  return () => (hasArrived() ? 'arrived' : isLate() ? 'late' : 'waiting');
}
