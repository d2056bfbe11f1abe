import { type JSX, Show } from 'solid-js';
import { ApiError } from '../api/api-error.ts';
import { joinSentences } from '../api/error-words.ts';
import { Icon } from '../design/icons.tsx';
import { writeAge } from '../design/time.ts';
import type { Live } from './create-live.ts';
import { createNow } from './create-now.ts';
import { Staleness } from './staleness.tsx';

/** How old what is shown is, and whether newer readings fail. */
export function Freshness(props: {
  readonly live: Pick<Live<unknown>, 'readAtMs' | 'staleSinceMs' | 'error'>;
}): JSX.Element {
  const now = createNow();
  return (
    <Show when={props.live.readAtMs()}>
      {(readAtMs) => (
        <p class="freshness">
          <Show when={props.live.error()}>
            {(error) => (
              <span class="freshness__trouble">
                <Icon name="alert" />
                {explainStale(error())}
              </span>
            )}
          </Show>
          <Staleness live={props.live} fallback={<span>Read {writeAge(readAtMs(), now())}</span>} />
        </p>
      )}
    </Show>
  );
}

/** Without a time to try again: the page reads again by itself. */
const explainStale = (error: unknown): string =>
  error instanceof ApiError ? joinSentences(error.detail) : 'Not up to date.';
