/** Worlds in which accounts, hubs and devices are easy to take for one another. */
import fc from 'fast-check';

export interface Person {
  readonly index: number;
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  /** Their hubs; the role is different on every hub. */
  readonly hubIds: readonly string[];
}

export interface World {
  /** Unique in this process: what one run leaves in the database is foreign to the next. */
  readonly run: number;
  readonly people: readonly Person[];
}

/** Each begins with the one before, in another case. */
const HUB_IDS = ['C0', 'c0D1', 'C0d1E2', 'c0d1e2F3', 'C0D1E2F3A4'];
const ID_ENDS = ['', 'A', 'aB', 'ABc', 'abCD', 'ABCDE'];
/** The same on every hub. */
export const DEVICE_ID = 'D0';
export const GROUP_ID = 'E0';

export const worldShape = fc.record({
  /** Per person: of which hubs they are members. */
  members: fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), { minLength: 2, maxLength: 6 }),
});
export type WorldShape = typeof worldShape extends fc.Arbitrary<infer T> ? T : never;

let runs = 0;

export function createWorld({ members }: WorldShape): World {
  const run = ++runs;
  const people = members.map((isMember, index) => {
    // Everybody has a hub of their own last, or the first of all; everything else is chance.
    const hubIds = HUB_IDS.filter((_, hub) => isMember[hub] || hub === index % HUB_IDS.length);
    return {
      index,
      userId: `${(0xf0000 + run).toString(16)}${ID_ENDS[index]}`,
      email: `p${index}.${run}@people.test`,
      password: `password ${index} of ${run}`,
      hubIds,
    };
  });
  return { run, people };
}

export const allHubIds = (world: World) => [...new Set(world.people.flatMap(({ hubIds }) => hubIds))];

export function person(world: World, n: number): Person {
  const found = world.people[n % world.people.length];
  if (found === undefined) throw new Error('A world has people');
  return found;
}

/** What every text of Ajax carries: whose data it is, and by which arrival it was fetched. */
export const markerOf = (world: World, { index }: Person, arrival: number, kind: string) =>
  `~r${world.run}p${index}n${arrival}${kind}~`;
export const MARKER = /~r(\d+)p(\d+)n(\d+)([a-z]+)~/g;
