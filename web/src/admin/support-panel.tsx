import { createSignal, type JSX, Show } from 'solid-js';
import { createAction } from '../api/create-action.ts';
import type { SupportRequest } from '../api/types.ts';
import { ActionProblem } from '../design/action-problem.tsx';
import { writeMoment } from '../design/time.ts';
import { useSession } from '../session/session-context.ts';
import { createPages } from './create-pages.ts';
import { Paged } from './paged.tsx';

export function SupportPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const [showsDone, setShowsDone] = createSignal(false);
  const requests = createPages((beforeId) =>
    admin.supportRequests({ state: showsDone() ? 'all' : 'open', beforeId }),
  );

  return (
    <section class="panel" aria-labelledby="support-title">
      <div class="panel__head">
        <h2 id="support-title" class="panel__title">
          Messages
        </h2>
        <label class="check">
          <input
            type="checkbox"
            checked={showsDone()}
            onChange={(event) => {
              setShowsDone(event.currentTarget.checked);
              void requests.reload();
            }}
          />
          Also what is done
        </label>
      </div>
      <Paged pages={requests} empty="Nothing is open." trouble="The messages could not be read">
        {(request) => <RequestRow request={request} onChange={requests.reload} />}
      </Paged>
    </section>
  );
}

function RequestRow(props: {
  readonly request: SupportRequest;
  readonly onChange: () => Promise<void>;
}): JSX.Element {
  const { admin } = useSession().gateway;
  const marking = createAction(async (done: boolean) => {
    await admin.markSupportRequest(props.request.id, done);
    await props.onChange();
  });
  const isDone = () => props.request.done_at !== null;
  const reply = () =>
    `mailto:${encodeURIComponent(props.request.email)}?subject=${encodeURIComponent(`Re: ${props.request.subject}`)}`;

  return (
    <li class="item message">
      <span class="item__words">
        <span class="item__title">{props.request.subject}</span>
        <span class="item__text">
          {props.request.email}, {writeMoment(props.request.created_at)}, {props.request.category}
          <Show when={!props.request.account_id}>, without a session</Show>
        </span>
      </span>
      <span class="item__actions">
        <a class="button" href={reply()} aria-label={`Reply to ${props.request.email}`}>
          Reply
        </a>
        <button
          type="button"
          class="button"
          aria-label={`${isDone() ? 'Open again' : 'Done'}: ${props.request.subject}`}
          aria-disabled={marking.isBusy()}
          onClick={() => void marking.run(!isDone())}
        >
          {isDone() ? 'Open again' : 'Done'}
        </button>
      </span>
      <p class="message__text">{props.request.message}</p>
      <ActionProblem title="Not marked" error={marking.error()} />
    </li>
  );
}
