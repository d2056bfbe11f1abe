/** What a command is about, read from its path. */
import { hubOf } from '../account-reads.ts';
import type { Target } from '../cache/changes.ts';
import type { Content } from '../contract/content.ts';
import { parseJson } from '../upstream/refusals.ts';

export interface Addressed {
  readonly account: string;
  /** Decoded, below the account. */
  readonly segments: readonly string[];
}

export const isArming = (segments: readonly string[]) =>
  segments.at(-1) === 'arming' && segments.at(-2) === 'commands';

/** Two commands with the same target are about the same thing: a hub's arming, its groups' included, or one path. */
export function targetOf({ account, segments }: Addressed): string {
  const hub = hubOf(segments)?.toLowerCase();
  if (hub === undefined) return `${account} ${segments.join('/')}`;
  return isArming(segments) ? `${hub} arming` : `${hub} ${segments.slice(2).join('/')}`;
}

/** Commands with the same key are sent one after the other; panic waits for nobody. */
export function orderKeyOf(command: Addressed & { readonly id: string }): string {
  return command.segments.at(-1) === 'panic' ? command.id : targetOf(command);
}

/** What may look different after it. */
export const scopeOf = ({ account, segments }: Addressed): Target => ({ account, hub: hubOf(segments) });

/** Below a hub: who has it, in which role. */
const MEMBERSHIP: ReadonlySet<string | undefined> = new Set(['users', 'invites', 'pros']);

/** What it changes: removing a hub, or a person from it, changes the account's list of hubs, not just the hub. */
export function changedBy(command: Addressed): Target {
  const [, , part] = command.segments;
  return { ...scopeOf(command), bindings: command.segments.length <= 2 || MEMBERSHIP.has(part) };
}

/** The word of an arming command; undefined for any other. */
export function armingCommand(segments: readonly string[], content: Content | undefined): string | undefined {
  if (!isArming(segments)) return undefined;
  const parsed = parseJson(content?.bytes ?? new Uint8Array());
  return typeof parsed === 'object' && parsed !== null && 'command' in parsed ? String(parsed.command) : '';
}
