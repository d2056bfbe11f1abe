/** Arming and disarming, at once or in two stages. */
import { randomToken } from './digest.ts';
import type { RejectionReason } from './errors.ts';
import { securityEvents } from './event-kinds.ts';
import { type EventKind, type EventLog, type EventSource, userSource } from './events.ts';
import { naturallyOpenUntil } from './living.ts';
import type { Account, ArmingOperation, ArmingTarget, Hub, World } from './model.ts';
import { devicesConcerned, hubStateOf, problemsOf } from './security.ts';

export type ArmingCommand = 'ARM' | 'DISARM' | 'NIGHT_MODE_ON' | 'NIGHT_MODE_OFF';

export type ArmingResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'started'; readonly token: string }
  | { readonly kind: 'refused'; readonly reasons: readonly RejectionReason[] };

export interface Arming {
  execute(
    hub: Hub,
    account: Account,
    target: ArmingTarget,
    command: ArmingCommand,
    ignoreProblems: boolean,
  ): ArmingResult;
  /** Ends the operations whose countdown is over. To be called before a hub is looked at. */
  settle(hub: Hub): void;
}

export function createArming(world: World, events: EventLog, clock: () => number): Arming {
  const accountOf = (userId: string) => world.accounts.find((account) => account.userId === userId);

  function problems(hub: Hub, target: ArmingTarget, command: 'ARM' | 'NIGHT_MODE_ON') {
    return problemsOf(world, hub, devicesConcerned(hub, target, command), clock());
  }

  function setArmed(hub: Hub, target: ArmingTarget, command: ArmingCommand) {
    if (target.kind === 'group') {
      const group = hub.groups.find(({ id }) => id === target.groupId);
      if (group) group.armed = command === 'ARM';
    } else if (command === 'NIGHT_MODE_ON' || command === 'NIGHT_MODE_OFF') {
      hub.nightMode = command === 'NIGHT_MODE_ON';
      if (!hub.groupsEnabled) hub.armed = false;
    } else if (hub.groupsEnabled) {
      const involved = hub.groups.filter((group) =>
        command === 'ARM' ? group.bulkArmInvolved : group.bulkDisarmInvolved,
      );
      for (const group of involved) group.armed = command === 'ARM';
      if (command === 'DISARM') hub.nightMode = false;
    } else {
      hub.armed = command === 'ARM';
      hub.nightMode = false;
    }
  }

  /** Doors that stand open while arming over problems stay open until they would have closed. */
  function keepOpenDoors(hub: Hub, target: ArmingTarget, command: 'ARM' | 'NIGHT_MODE_ON') {
    for (const device of devicesConcerned(hub, target, command)) {
      device.heldOpenUntil = naturallyOpenUntil(world, device, clock()) ?? 0;
    }
  }

  function snapshot(hub: Hub) {
    return [hubStateOf(hub), ...hub.groups.map(({ armed }) => armed)].join();
  }

  function change(
    hub: Hub,
    source: EventSource,
    target: ArmingTarget,
    command: ArmingCommand,
    withProblems: boolean,
  ) {
    const before = snapshot(hub);
    if (command === 'ARM' || command === 'NIGHT_MODE_ON') keepOpenDoors(hub, target, command);
    setArmed(hub, target, command);
    if (snapshot(hub) === before) return;
    record(hub, source, target, changeEvent(target, command, withProblems));
  }

  function record(hub: Hub, source: EventSource, target: ArmingTarget, kind: EventKind) {
    if (target.kind === 'hub') return events.append(hub, kind, source);
    const group = hub.groups.find(({ id }) => id === target.groupId);
    if (group) events.append(hub, kind, { type: 'GROUP', id: group.id, name: group.name, index: 0 }, source);
  }

  function settleOperation(hub: Hub, operation: ArmingOperation) {
    const account = accountOf(operation.userId);
    if (!account) return;
    const source = userSource(account);
    const found = problems(hub, operation.target, operation.command);
    if (found.length > 0 && !operation.ignoreProblems) {
      operation.outcome = 'ERROR';
      operation.reason = 'Some condition prevented hub from arming';
      record(hub, source, operation.target, failureEvent(operation.target, operation.command));
      return;
    }
    operation.outcome = 'SUCCESS';
    change(hub, source, operation.target, operation.command, found.length > 0);
  }

  function settle(hub: Hub) {
    const now = clock();
    for (const operation of hub.operations) {
      if (operation.outcome === 'IN_PROGRESS' && operation.endsAt <= now) settleOperation(hub, operation);
    }
  }

  function running(hub: Hub, target: ArmingTarget) {
    return hub.operations.find(
      (operation) => operation.outcome === 'IN_PROGRESS' && sameTarget(operation.target, target),
    );
  }

  function cancelRunning(hub: Hub, target: ArmingTarget) {
    for (const operation of hub.operations) {
      if (operation.outcome !== 'IN_PROGRESS') continue;
      if (target.kind === 'group' && !sameTarget(operation.target, target)) continue;
      operation.outcome = 'ERROR';
      operation.reason = 'Arming was cancelled';
    }
  }

  function start(hub: Hub, operation: ArmingOperation): ArmingResult {
    hub.operations = [...hub.operations.slice(-19), operation];
    return { kind: 'started', token: operation.token };
  }

  return {
    settle,
    execute(hub, account, target, command, ignoreProblems) {
      settle(hub);
      const source = userSource(account);
      if (command === 'DISARM' || command === 'NIGHT_MODE_OFF') {
        cancelRunning(hub, target);
        change(hub, source, target, command, false);
        return { kind: 'done' };
      }
      const already = running(hub, target);
      if (already?.command === command) return { kind: 'started', token: already.token };
      const reasons = problems(hub, target, command);
      if (reasons.length > 0 && !ignoreProblems) {
        record(hub, source, target, failureEvent(target, command));
        return { kind: 'refused', reasons };
      }
      cancelRunning(hub, target);
      if (hub.twoStage.enabled) {
        return start(hub, {
          token: randomToken(),
          target,
          command,
          ignoreProblems,
          userId: account.userId,
          endsAt: clock() + hub.twoStage.countdownSeconds * 1_000,
          outcome: 'IN_PROGRESS',
          reason: undefined,
        });
      }
      change(hub, source, target, command, reasons.length > 0);
      return { kind: 'done' };
    },
  };
}

function sameTarget(one: ArmingTarget, other: ArmingTarget): boolean {
  if (one.kind === 'hub' || other.kind === 'hub') return one.kind === other.kind;
  return one.groupId === other.groupId;
}

function changeEvent(target: ArmingTarget, command: ArmingCommand, withProblems: boolean): EventKind {
  const kinds = securityEvents;
  if (target.kind === 'group') {
    if (command === 'DISARM') return kinds.groupDisarmed;
    return withProblems ? kinds.groupArmedWithProblems : kinds.groupArmed;
  }
  switch (command) {
    case 'ARM':
      return withProblems ? kinds.armedWithProblems : kinds.armed;
    case 'DISARM':
      return kinds.disarmed;
    case 'NIGHT_MODE_ON':
      return withProblems ? kinds.nightModeOnWithProblems : kinds.nightModeOn;
    case 'NIGHT_MODE_OFF':
      return kinds.nightModeOff;
  }
}

function failureEvent(target: ArmingTarget, command: 'ARM' | 'NIGHT_MODE_ON'): EventKind {
  if (target.kind === 'group') return securityEvents.groupArmingFailed;
  return command === 'ARM' ? securityEvents.armingFailed : securityEvents.nightModeFailed;
}
