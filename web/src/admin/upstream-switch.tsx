import { createSignal, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { UpstreamState } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { Dialog } from '../design/dialog.tsx';
import { writeMoment } from '../design/time.ts';
import { useSession } from '../session/session-context.ts';
import { ReasonDialog } from './reason-dialog.tsx';

/** Stops all requests to Ajax for everybody, after a question, and lets them go again. */
export function UpstreamSwitch(props: {
  readonly state: UpstreamState;
  readonly onChange: () => Promise<unknown>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const [question, setQuestion] = createSignal<'stop' | 'resume'>();
  const stopping = createAction(async (reason: string) => {
    await admin.switchUpstream({ stopped: true, reason });
    setQuestion(undefined);
    await props.onChange();
  });
  const resuming = createAction(async () => {
    await admin.switchUpstream({ stopped: false });
    setQuestion(undefined);
    await props.onChange();
  });

  return (
    <section class="panel switch" aria-labelledby="switch-title" data-stopped={props.state.stopped}>
      <div class="switch__words" role="status">
        <h2 id="switch-title" class="panel__title">
          {props.state.stopped ? 'Everything to Ajax is stopped' : 'Requests go to Ajax'}
        </h2>
        <p class="panel__text">
          <Show
            when={props.state.stopped}
            fallback="The switch stops all of them within a second, for everybody."
          >
            {props.state.since ? `Since ${writeMoment(props.state.since)}. ` : ''}
            {props.state.reason ? `“${props.state.reason}”` : ''}
          </Show>
        </p>
      </div>
      <button
        type="button"
        class="button"
        classList={{ 'button--alert': !props.state.stopped, 'button--primary': props.state.stopped }}
        onClick={() => setQuestion(props.state.stopped ? 'resume' : 'stop')}
      >
        {props.state.stopped ? 'Let them go again' : 'Stop everything'}
      </button>
      <Show when={question() === 'stop'}>
        <ReasonDialog
          title="Stop everything to Ajax?"
          text="Nobody can arm, disarm or read anew through this gateway until an administrator lets requests go again. It survives restarts."
          confirm="Stop everything"
          ending={stopping}
          onClose={() => setQuestion(undefined)}
        />
      </Show>
      <Show when={question() === 'resume'}>
        <Dialog title="Let requests go again?" onClose={() => setQuestion(undefined)}>
          <p class="dialog__text">Everybody can read and command again at once.</p>
          <ActionProblem title="Still stopped" error={resuming.error()} />
          <div class="dialog__actions">
            <button type="button" class="button" onClick={() => setQuestion(undefined)}>
              Cancel
            </button>
            <button
              type="button"
              class="button button--primary"
              aria-disabled={resuming.isBusy()}
              onClick={() => void resuming.run()}
            >
              Let them go
            </button>
          </div>
        </Dialog>
      </Show>
    </section>
  );
}
