import { For, type JSX } from 'solid-js';
import './gauges.css';

export function Battery(props: { readonly percent: number; readonly isLow: boolean }): JSX.Element {
  return (
    <span class="gauge" classList={{ 'gauge--low': props.isLow }}>
      <svg class="gauge__drawing" viewBox="0 0 24 14" aria-hidden="true">
        <rect class="gauge__case" x="1" y="1.5" width="19" height="11" rx="3" />
        <rect
          class="gauge__fill"
          x="3"
          y="3.5"
          width={Math.max(1.5, props.percent * 0.15)}
          height="7"
          rx="1.5"
        />
        <path class="gauge__case" d="M22.5 5.5v3" />
      </svg>
      <span class="visually-hidden">Battery </span>
      {props.percent}&nbsp;%
    </span>
  );
}

const bars: Readonly<Record<string, number>> = { NO_SIGNAL: 0, WEAK: 1, NORMAL: 2, STRONG: 3 };

export function Signal(props: { readonly level: string }): JSX.Element {
  const reach = () => bars[props.level] ?? 0;
  return (
    <span class="gauge" classList={{ 'gauge--low': reach() === 0 }}>
      <svg class="gauge__drawing gauge__drawing--signal" viewBox="0 0 16 14" aria-hidden="true">
        <For each={[1, 2, 3]}>
          {(bar) => (
            <rect
              class="gauge__bar"
              classList={{ 'gauge__bar--on': bar <= reach() }}
              x={bar * 5 - 4}
              y={12.5 - bar * 3.5}
              width="3.5"
              height={bar * 3.5}
              rx="1"
            />
          )}
        </For>
      </svg>
      <span class="visually-hidden">Signal {props.level.toLowerCase().replace('_', ' ')}</span>
    </span>
  );
}
