import { Route, Router } from '@solidjs/router';
import { type JSX, Match, onMount, Switch } from 'solid-js';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/form.css';
import './design/panel.css';
import './design/items.css';
import { ActivityPage } from './activity/activity-page.tsx';
import { AdminPage } from './admin/admin-page.tsx';
import { createBrowserGateway, signedInNote } from './api/browser-gateway.ts';
import { Trouble } from './design/notice.tsx';
import { HubPage } from './hub/hub-page.tsx';
import { HubsPage } from './hubs/hubs-page.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { NotificationsPage } from './notifications/notifications-page.tsx';
import { PlanPage } from './plan/plan-page.tsx';
import { createSession, type SessionState } from './session/create-session.ts';
import { SessionContext } from './session/session-context.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { Shell } from './shell.tsx';
import { SupportPage } from './support/support-page.tsx';

export function App(): JSX.Element {
  const session = createSession({ createGateway: createBrowserGateway, signedInNote });
  onMount(() => void session.start());

  const at = <Step extends SessionState['step']>(step: Step) => {
    const state = session.state();
    return state.step === step ? (state as Extract<SessionState, { step: Step }>) : undefined;
  };

  // Signing in happens in place, so the address a person came for is still there afterwards.
  return (
    <SessionContext.Provider value={session}>
      <Switch>
        <Match when={at('starting')}>
          <div class="start" role="status">
            <span class="visually-hidden">Loading</span>
          </div>
        </Match>
        <Match when={at('unreachable')}>
          {(state) => (
            <main class="page">
              <Trouble title="The gateway cannot be reached" error={state().error} onRetry={session.start} />
            </main>
          )}
        </Match>
        <Match when={at('signed-out')}>{(state) => <SignInPage why={state().why} />}</Match>
        <Match when={at('signed-in')}>
          <Router root={Shell}>
            <Route path="/" component={HubsPage} />
            <Route path="/hubs/:hubId" component={HubPage} />
            <Route path="/activity" component={ActivityPage} />
            {/* As notifications and mails call it. */}
            <Route path="/audit" component={ActivityPage} />
            {/* Payments return to /billing, as they did with the first gateway. */}
            <Route path={['/plan', '/billing']} component={PlanPage} />
            <Route path="/notifications" component={NotificationsPage} />
            <Route path="/support" component={SupportPage} />
            <Route path="/admin" component={AdminPage} />
            <Route path="*" component={NotFoundPage} />
          </Router>
        </Match>
      </Switch>
    </SessionContext.Provider>
  );
}
