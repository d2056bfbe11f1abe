import type { ArmState, Hub } from '../api/types.ts';
import { type HubState, readHubState } from '../hubs/hub-state.ts';

/** What somebody asked for: a state for the whole hub, or for one of its groups. */
export interface ArmOrder {
  readonly armState: ArmState;
  readonly group?: { readonly id: string; readonly name: string };
}

interface OrderWords {
  readonly verb: string;
  readonly doing: string;
  readonly done: string;
  /** In the place of the state while the hub gets there. */
  readonly onTheWay: string;
  readonly target: HubState;
}

const words: Readonly<Record<ArmState, OrderWords>> = {
  0: { verb: 'Disarm', doing: 'Disarming', done: 'was disarmed', onTheWay: 'Disarming…', target: 'disarmed' },
  1: { verb: 'Arm', doing: 'Arming', done: 'was armed', onTheWay: 'Arming…', target: 'armed' },
  2: {
    verb: 'Turn on',
    doing: 'Turning on',
    done: 'went into night mode',
    onTheWay: 'Night mode…',
    target: 'night',
  },
};

export const orderWords = (order: ArmOrder): OrderWords => words[order.armState];

export function writeQuestion(order: ArmOrder, hubName: string): string {
  const place = order.group?.name ?? hubName;
  return order.armState === 2 ? `Night mode for ${place}?` : `${orderWords(order).verb} ${place}?`;
}

export function writeConsequence(order: ArmOrder): string {
  switch (order.armState) {
    case 0:
      return order.group
        ? 'Detectors of this group stop raising intrusion alarms. Fire and leak detectors keep watching.'
        : 'Detectors stop raising intrusion alarms. Fire and leak detectors keep watching.';
    case 1:
      return order.group
        ? 'Every detector of this group starts watching. Exit delays run first.'
        : 'Every detector starts watching. Exit delays run first.';
    case 2:
      return 'Only the detectors chosen for night mode start watching, so you can move around inside.';
  }
}

/** Whether the hub already shows what was ordered. */
export const hasReached = (order: ArmOrder, hub: Pick<Hub, 'state' | 'exact_state'>): boolean =>
  readHubState(hub) === orderWords(order).target;
