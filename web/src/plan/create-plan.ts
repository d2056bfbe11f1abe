import { createEffect, on, onCleanup, untrack } from 'solid-js';
import type { PlanOfAccount } from '../api/types.ts';
import { createLive, type Live } from '../live/create-live.ts';
import type { Session } from '../session/create-session.ts';

const PLAN_INTERVAL_MS = 60_000;
/** Whoever comes back to the page after longer may have paid or redeemed elsewhere meanwhile. */
const FRESH_MS = 5000;

/** The plan of the account. When it changes, what the person may do is read again, so that every page follows. */
export function createPlan(session: Session): Live<PlanOfAccount> {
  const plan = createLive((options) => session.gateway.billing.plan(options), {
    intervalMs: PLAN_INTERVAL_MS,
  });

  const onFocus = (): void => {
    if (Date.now() - (untrack(plan.readAtMs) ?? 0) > FRESH_MS) void plan.refresh();
  };
  addEventListener('focus', onFocus);
  onCleanup(() => removeEventListener('focus', onFocus));

  createEffect(
    on(plan.readAtMs, () => {
      const state = session.state();
      const now = plan.data();
      if (now === undefined || state.step !== 'signed-in') return;
      const { subscription_plan, features } = state.me;
      if (now.plan !== subscription_plan || now.features.length !== features.length) void session.reload();
    }),
  );
  return plan;
}
