import { A } from '@solidjs/router';
import type { JSX } from 'solid-js';
import { Notice } from './design/notice.tsx';
import { Page } from './design/page.tsx';

export function NotFoundPage(): JSX.Element {
  return (
    <Page title="Page not found">
      <h1 class="page__title">Page not found</h1>
      <Notice
        icon="unknown"
        title="There is nothing at this address"
        action={
          <A class="button" href="/">
            Back to your hubs
          </A>
        }
      >
        The link may be old, or mistyped.
      </Notice>
    </Page>
  );
}
