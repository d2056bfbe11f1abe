import type { JSX } from 'solid-js';

/** The open perimeter and what it keeps, with the name. */
export function Brand(): JSX.Element {
  return (
    <span class="brand">
      <svg class="brand__mark" viewBox="0 0 32 32" aria-hidden="true">
        <path d="M25.2 9.4A11.3 11.3 0 1 0 27.3 16" />
        <circle cx="16" cy="16" r="3.8" />
      </svg>
      <span class="brand__name">
        Ajax<b>SecurFlow</b>
      </span>
    </span>
  );
}
