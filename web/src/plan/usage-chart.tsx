import { For, type JSX, Show } from 'solid-js';
import type { UsageDay } from '../api/types.ts';
import { writeCount } from './quota-words.ts';
import { summariseUsage, writeUsageDay } from './usage-words.ts';

const HEIGHT = 100;
const STEP = 20;
const BAR = 14;

/** From the ground up. */
const kinds = ['fetched', 'commands', 'cached', 'refused'] as const;
type Kind = (typeof kinds)[number];

interface Part {
  readonly kind: Kind;
  readonly y: number;
  readonly height: number;
}

/** One bar a day, as high as what was asked. The table beside it has the figures. */
export function UsageChart(props: { readonly days: readonly UsageDay[] }): JSX.Element {
  const highest = () => Math.max(1, ...props.days.map(({ requests, refused }) => requests + refused));

  return (
    <figure class="chart">
      <p class="chart__scale" aria-hidden="true">
        {writeCount(highest())}
      </p>
      <svg
        class="chart__drawing"
        viewBox={`0 0 ${props.days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summariseUsage(props.days)}
      >
        <For each={props.days}>
          {(day, index) => (
            <g>
              <rect class="chart__ground" x={index() * STEP} y={HEIGHT - 1} width={STEP} height={1} />
              <For each={partsOf(day, highest())}>
                {(part) => (
                  <rect
                    class="chart__bar"
                    data-kind={part.kind}
                    x={index() * STEP + (STEP - BAR) / 2}
                    y={part.y}
                    width={BAR}
                    height={part.height}
                  />
                )}
              </For>
            </g>
          )}
        </For>
      </svg>
      <figcaption class="chart__days" aria-hidden="true">
        <Show when={props.days[0]}>{(first) => <span>{writeUsageDay(first().day)}</span>}</Show>
        <span>Today</span>
      </figcaption>
    </figure>
  );
}

function partsOf(day: UsageDay, highest: number): readonly Part[] {
  let top = HEIGHT;
  return kinds.flatMap((kind) => {
    if (day[kind] === 0) return [];
    // Whatever happened shows, however little.
    const height = Math.max(2, (day[kind] / highest) * (HEIGHT - 8));
    top -= height;
    return [{ kind, y: top, height }];
  });
}
