import { type Accessor, createSignal } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import type { GatewayEvents } from '../api/browser-gateway.ts';
import type { Gateway } from '../api/gateway.ts';
import type { QuotaLeft } from '../api/quota-left.ts';
import type { SessionEnd } from '../api/session-fetch.ts';
import type { Credentials, DemoAccount, Feature, GatewayInfo, Me } from '../api/types.ts';

export type SessionState =
  | { readonly step: 'starting' }
  | { readonly step: 'unreachable'; readonly error: ApiError }
  | { readonly step: 'signed-out'; readonly why: SignedOutReason }
  | { readonly step: 'signed-in'; readonly me: Me };

/** `new`: nobody was signed in on this page yet. `left`: signed out on purpose. */
export type SignedOutReason = SessionEnd | 'new' | 'left';

export interface Session {
  readonly gateway: Gateway;
  readonly state: Accessor<SessionState>;
  readonly info: Accessor<GatewayInfo | undefined>;
  /** Of the plan's quotas, as the latest answer said; empty before, and for plans without. */
  readonly quotaLeft: Accessor<readonly QuotaLeft[]>;
  readonly can: (feature: Feature) => boolean;
  /** Reads the demo accounts again: a two-factor code is only good for half a minute. */
  readonly demoAccount: (login: string) => Promise<DemoAccount | undefined>;
  readonly start: () => Promise<void>;
  /** Reads again who is signed in, and what they may do. Never rejects: what was known stays. */
  readonly reload: () => Promise<void>;
  readonly signIn: (credentials: Credentials) => Promise<void>;
  readonly signOut: () => Promise<void>;
}

export interface SessionDeps {
  readonly createGateway: (events: GatewayEvents) => Gateway;
  /** Whether somebody signed in with this browser before. */
  readonly signedInNote: { read(): boolean; write(isSignedIn: boolean): void };
}

export function createSession({ createGateway, signedInNote }: SessionDeps): Session {
  const [state, setState] = createSignal<SessionState>({ step: 'starting' });
  const [info, setInfo] = createSignal<GatewayInfo>();

  const [quotaLeft, setQuotaLeft] = createSignal<readonly QuotaLeft[]>([]);

  const gateway = createGateway({ onQuotaLeft: setQuotaLeft, onSessionEnded: endSession });

  function endSession(reason: SessionEnd): void {
    const { step } = state();
    // Several calls may meet the same end; the first says why.
    if (step === 'signed-out') return;
    if (reason === 'expired') signedInNote.write(false);
    gateway.admin.useSecret(undefined);
    // Before the first answer there was no session to lose.
    setState({ step: 'signed-out', why: step === 'signed-in' || reason === 'upstream' ? reason : 'new' });
  }

  async function loadMe(): Promise<void> {
    setState({ step: 'signed-in', me: await gateway.me() });
    signedInNote.write(true);
  }

  return {
    gateway,
    state,
    info,
    quotaLeft,
    can: (feature) => {
      const current = state();
      return current.step === 'signed-in' && current.me.features.includes(feature);
    },
    demoAccount: async (login) => {
      setInfo(await gateway.info());
      return info()?.demo?.accounts.find((account) => account.login === login);
    },
    start: async () => {
      setState({ step: 'starting' });
      // The name and the demo accounts are a courtesy; without them signing in still works.
      gateway.info().then(setInfo, () => {});
      if (!signedInNote.read()) {
        setState({ step: 'signed-out', why: 'new' });
        return;
      }
      try {
        await loadMe();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (state().step === 'starting') setState({ step: 'unreachable', error });
      }
    },
    reload: async () => {
      if (state().step !== 'signed-in') return;
      const me = await gateway.me().catch(() => undefined);
      // Somebody may have signed out meanwhile.
      if (me !== undefined && state().step === 'signed-in') setState({ step: 'signed-in', me });
    },
    signIn: async (credentials) => {
      await gateway.signIn(credentials);
      await loadMe();
    },
    signOut: async () => {
      // An expired session is signed out already; anything else must be told, the cookies would still be there.
      await gateway.signOut().catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 401)) throw error;
      });
      signedInNote.write(false);
      // Whoever signs in here next may be somebody else.
      gateway.admin.useSecret(undefined);
      setState({ step: 'signed-out', why: 'left' });
    },
  };
}
