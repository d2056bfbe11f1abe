/** Requests that reach Ajax as they are, below the caller's own `/user/{id}`. */
import type { CommandAnswer, ContentAnswer, ContentCommand } from '../../coordinator/contract/client.ts';
import type { Content } from '../../coordinator/contract/content.ts';
import { upstreamArmingStarted, upstreamHubList } from '../../coordinator/contract/upstream.ts';
import { weightOf } from '../access/index.ts';
import { type AuditTrail, type End, forward } from '../audit/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { CommandOptions } from './command-options.ts';
import { findHub } from './find-hub.ts';
import { lookUpEnd } from './look-up-end.ts';
import { recordOf } from './pass-through-content.ts';
import { callContext, type Reader, read } from './read.ts';
import { ofCommand, sendContentCommand } from './send-command.ts';

interface Place {
  /** The `Accept-Language` of the request. */
  readonly languages?: string | undefined;
  /** Below the user, decoded, as `passThroughTarget` lets them pass. */
  readonly segments: readonly string[];
  /** As it came, without its question mark. */
  readonly query: string;
}

/** @throws GatewayError as the coordinator's client; upstream_not_found for a hub the account does not have */
export async function passRead(
  reader: Reader,
  { segments, query, languages }: Place,
): Promise<ContentAnswer> {
  const answer = await reader.coordinator.readContent({
    account: reader.caller.ajaxUserId,
    path: await knownPath(reader, segments),
    query,
    languages,
    lane: reader.lane,
    weight: weightOf(reader.caller.entitlement.plan),
    noCache: reader.noCache,
    ...callContext(reader),
  });
  if (isRedirect(answer)) throw redirected();
  return answer;
}

export interface PassedCommand extends Place {
  readonly method: ContentCommand['method'];
  readonly content: Content | undefined;
  readonly options: CommandOptions;
  /** Path as called, for the audit trail. */
  readonly endpoint: string;
}

export interface PassContext {
  readonly trail: AuditTrail;
  readonly clock: Clock;
}

export type PassResult = CommandAnswer<ContentAnswer>;

/** The command a result is about: for an accepted one its receipt. */
export const commandIdOf = (result: PassResult): string =>
  result.kind === 'accepted' ? result.receipt.id : result.commandId;

/**
 * Sends a mutation, once it is in the audit trail; whatever Ajax answers is a result.
 * @throws GatewayError command_not_executed, command_outcome_unknown, idempotency_key_*, all with the member
 * `command_id`; before anything is sent those of `passRead` and database_unavailable
 */
export async function passCommand(
  reader: Reader,
  { trail, clock }: PassContext,
  { segments, query, languages, method, content, options, endpoint }: PassedCommand,
): Promise<PassResult> {
  const { caller, facts } = reader;
  const urgent = { ...reader, lane: 'command' as const };
  const path = await knownPath(urgent, segments);
  // The coordinator has to know whose hubs a mutation without a hub in its path may touch; those just bound as well.
  if (hubOf(path) === undefined) await read({ ...urgent, noCache: true }, upstreamHubList, ['hubs']);
  const commandId = newId(clock.now());
  const record = await recordOf(content);
  const payload = { ...record, ...queryRecord(query), command_id: commandId };
  return forward({
    trail,
    clock,
    facts,
    actor: caller,
    action: {
      action: `ajax.${method.toLowerCase()}`,
      method,
      endpoint,
      resourceId: path.join('/'),
      payload,
      severity: method === 'DELETE' || isDisarming(path, record.body) ? 'warning' : 'info',
    },
    endOf: (result) => endOf(result, path),
    lookUp: (result, signal) => lookUpEnd(reader, commandIdOf(result), signal),
    send: async () => {
      const result = await sendContentCommand(reader, {
        ...{ method, path, query, languages, content, commandId, options },
      });
      if (result.kind === 'answered' && isRedirect(result.answer)) throw ofCommand(redirected(), result);
      return result;
    },
  });
}

const hubOf = ([kind, hub]: readonly string[]) => (kind === 'hubs' ? hub : undefined);

/** With the hub as Ajax spells it, when there is one: it has to be the caller's (docs/adr/0006). */
async function knownPath(reader: Reader, segments: readonly string[]): Promise<readonly string[]> {
  const hub = hubOf(segments);
  if (hub === undefined) return segments;
  const { data } = await findHub(reader, hub);
  return ['hubs', data.hubId, ...segments.slice(2)];
}

function endOf(result: PassResult, path: readonly string[]): End {
  if (result.kind === 'accepted' && !result.replayed) return { outcome: 'accepted', statusCode: 202 };
  const statusCode = result.kind === 'accepted' ? 202 : result.answer.status;
  // The earlier command has a record of its own, and that one is followed.
  if (result.replayed) {
    return { outcome: 'replayed', statusCode, payload: { command_id: commandIdOf(result) } };
  }
  if (statusCode >= 400) return { outcome: 'failed', statusCode };
  if (!isArming(path) || statusCode !== 202 || result.kind === 'accepted')
    return { outcome: 'done', statusCode };
  // Without its token nobody can follow the second stage.
  return { outcome: isFollowable(result.answer) ? 'in_progress' : 'unknown', statusCode };
}

const isArming = (path: readonly string[]) => path.at(-1) === 'arming' && path.at(-2) === 'commands';

const isDisarming = (path: readonly string[], body: unknown) =>
  isArming(path) && (body as { readonly command?: unknown } | undefined)?.command === 'DISARM';

function isFollowable({ bytes }: ContentAnswer): boolean {
  try {
    return upstreamArmingStarted.safeParse(JSON.parse(new TextDecoder().decode(bytes))).success;
  } catch {
    return false;
  }
}

/** Names and values, so that secrets are redacted by name. */
function queryRecord(query: string): { query?: Record<string, readonly string[]> } {
  if (query === '') return {};
  const parameters = new URLSearchParams(query);
  const names = [...new Set(parameters.keys())];
  return { query: Object.fromEntries(names.map((name) => [name, parameters.getAll(name)])) };
}

const isRedirect = ({ status }: ContentAnswer) => status >= 300 && status < 400;

const redirected = () =>
  new GatewayError('upstream_error', { detail: 'Ajax answered with a redirect, which is not followed' });
