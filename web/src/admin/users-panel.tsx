import { createSignal, type JSX } from 'solid-js';
import { useSession } from '../session/session-context.ts';
import { createPages } from './create-pages.ts';
import { Paged } from './paged.tsx';
import { UserRow } from './user-row.tsx';

export function UsersPanel(): JSX.Element {
  const { admin } = useSession().gateway;
  const [search, setSearch] = createSignal('');
  /** Ids of those whose grants are shown: a list that is read anew keeps them open. */
  const opened = new Set<string>();
  const users = createPages((beforeId) => admin.users({ search: search().trim(), beforeId }));

  return (
    <section class="panel" aria-labelledby="users-title">
      <h2 id="users-title" class="panel__title">
        Users
      </h2>
      <form
        class="admin__search"
        onSubmit={(event) => {
          event.preventDefault();
          void users.reload();
        }}
      >
        <label class="field">
          <span class="field__label">Part of an e-mail, or a whole id</span>
          <input
            class="field__input"
            type="search"
            maxlength={100}
            autocapitalize="none"
            spellcheck={false}
            value={search()}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" aria-disabled={users.isBusy()}>
          Search
        </button>
      </form>
      <Paged pages={users} empty="Nobody is found." trouble="The users could not be read">
        {(user) => <UserRow user={user} opened={opened} onChange={users.reload} />}
      </Paged>
    </section>
  );
}
