/**
 * What happens after a command was answered: two-stage arming is followed to its end, and one read 2 s later looks
 * whether the hub shows what was asked for.
 */
import type { Clock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/errors.ts';
import { type AccountReads, hubOf } from '../account-reads.ts';
import { START_WITHIN_MS } from '../call.ts';
import { upstreamArmingStatus, upstreamGroups, upstreamHub } from '../contract/upstream.ts';
import type { Command } from '../journal/command.ts';
import { pause } from '../pause.ts';
import type { Calls } from '../upstream/calls.ts';
import { parseJson } from '../upstream/refusals.ts';

export interface FollowUp {
  /** Polls until the second stage has ended; writes the outcome into the command, then says so. */
  follow(command: Command, onEnd: () => void): void;
  /** Marks the command as confirmed when its hub shows what it asked for, unless another has come after it. */
  confirm(command: Command, on: { isLast(): boolean; write(): void }): void;
  /** Nothing is read or written any more: the next life goes on. */
  stop(): void;
}

/** Ajax asks for 3 s or slower. */
const POLL_EVERY_MS = 3_000;
/** Longer than the longest delay for leaving a house. */
const FOLLOW_FOR_MS = 5 * 60_000;
const CONFIRM_AFTER_MS = 2_000;

export function createFollowUp(calls: Calls, reads: AccountReads, clock: Clock): FollowUp {
  const stopping = new AbortController();
  const { signal } = stopping;

  const request = ({ account, weight }: Command) =>
    ({ account, query: '', lane: 'interactive', weight, noCache: true, anyContent: false }) as const;

  const patience = (command: Command) => ({
    correlationId: command.id,
    signal,
    deadlineAt: clock.monotonic() + START_WITHIN_MS,
  });

  /** How the second stage stands; undefined: nothing was learnt, or it goes on. */
  async function poll(
    command: Command,
    token: string,
  ): Promise<Pick<Command, 'outcome' | 'message'> | undefined> {
    const outcome = await calls.perform({
      ...request(command),
      ...patience(command),
      method: 'GET',
      segments: command.segments,
      query: new URLSearchParams({ token }).toString(),
      content: undefined,
      urgency: 'interactive',
    });
    if (outcome.kind !== 'answered') return undefined;
    if (outcome.status >= 400 && outcome.status < 500 && outcome.status !== 429) {
      return { outcome: 'unknown', message: null };
    }
    const status = upstreamArmingStatus.safeParse(parseJson(outcome.body));
    if (!status.success) return undefined;
    if (status.data.status === 'SUCCESS') return { outcome: 'done', message: null };
    if (status.data.status !== 'ERROR') return undefined;
    return { outcome: 'failed', message: status.data.errorMessage?.message ?? null };
  }

  async function followToEnd(command: Command): Promise<void> {
    const token = command.arming?.token ?? '';
    const giveUpAt = clock.monotonic() + FOLLOW_FOR_MS;
    while (clock.monotonic() < giveUpAt) {
      await pause(clock, POLL_EVERY_MS, signal);
      if (signal.aborted) return;
      const end = await poll(command, token).catch((error: unknown) => {
        const isLost = error instanceof GatewayError && error.code === 'upstream_login_required';
        return isLost ? ({ outcome: 'unknown', message: null } as const) : undefined;
      });
      if (signal.aborted) return;
      if (end === undefined) continue;
      command.outcome = end.outcome;
      command.message = end.message;
      command.code = end.outcome === 'unknown' ? 'command_outcome_unknown' : null;
      return;
    }
    command.outcome = 'unknown';
    command.code = 'command_outcome_unknown';
  }

  async function shows(command: Command): Promise<boolean> {
    const [, hub = '', , group] = command.segments;
    const isGroup = command.segments.includes('groups');
    const segments = isGroup ? ['hubs', hub, 'groups'] : ['hubs', hub];
    const answer = await reads.readPatiently({ ...request(command), segments }, patience(command));
    const body = parseJson(answer.body);
    const state = isGroup
      ? upstreamGroups.safeParse(body).data?.find(({ id }) => id === group)?.state
      : upstreamHub.safeParse(body).data?.state;
    return isAskedFor(command.arming?.command ?? '', state ?? '');
  }

  return {
    follow(command, onEnd) {
      followToEnd(command).then(() => {
        if (!signal.aborted) onEnd();
      });
    },
    confirm(command, on) {
      if (command.arming === null || hubOf(command.segments) === undefined) return;
      const look = async () => {
        await pause(clock, CONFIRM_AFTER_MS, signal);
        if (signal.aborted || !on.isLast() || !(await shows(command)) || signal.aborted) return;
        command.state = 'confirmed';
        command.confirmedAt = clock.now();
        on.write();
      };
      // Only a look: without it the receipt stays as it is.
      look().catch(() => {});
    },
    stop: () => stopping.abort(new GatewayError('coordinator_unavailable')),
  };
}

/** States of hubs and groups, with and without group mode, as they answer the arming commands. */
function isAskedFor(command: string, state: string): boolean {
  switch (command) {
    case 'ARM':
      return /^ARMED(_|$)/.test(state);
    case 'DISARM':
      return /^DISARMED(_|$)/.test(state);
    case 'NIGHT_MODE_ON':
      return /(^NIGHT_MODE|_NIGHT_MODE_ON)$/.test(state);
    case 'NIGHT_MODE_OFF':
      return /_NIGHT_MODE_OFF$/.test(state) || state === 'DISARMED';
    default:
      return false;
  }
}
