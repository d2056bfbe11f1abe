/** Judges every answer: whose bytes are in it, and were they allowed there. */
import type { BrandedAjax } from './branded-ajax.ts';
import { allHubIds, MARKER, type Person, type World } from './world.ts';

export interface Asked {
  readonly by: Person;
  readonly name: string;
  /** Everything the one who asked has written, addresses included: it may come back. */
  readonly text: string;
  readonly hub: string;
  readonly shows: 'hub' | 'own' | undefined;
  /** Arrivals at Ajax before it was asked. */
  readonly after: number;
}

export interface Oracle {
  readonly violations: string[];
  /** A token: only this person may see it, and no log. */
  owns(person: Person, secret: string): void;
  /** Something is asked; nobody else's answer may name the request. */
  asks(asked: Asked, correlationId: string): void;
  judge(asked: Asked, answer: { readonly status: number; readonly text: string }): void;
  /** Lines of the log: no two people's data in one, and nobody's secrets. */
  judgeLog(lines: readonly string[]): void;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const uuidsIn = (text: string) => [...text.matchAll(UUID)].map(([id]) => id.toLowerCase());
/** An id by itself, not as part of a longer one. */
const alone = (id: string) => new RegExp(`(?<![0-9a-z-])${id}(?![0-9a-z-])`, 'i');

export function createOracle(world: World, ajax: BrandedAjax): Oracle {
  const violations: string[] = [];
  const owners = new Map<string, Person>();
  /** Ids that somebody has asked about: their own trail will show them, whosever they are. */
  const named = new Map(world.people.map((person) => [person, new Set<string>()]));
  const secrets = new Map<string, Person>();
  const requests = new Map<string, Person>();
  const hubs = allHubIds(world).map((id) => ({ id, pattern: alone(id) }));
  for (const person of world.people) {
    secrets.set(person.email, person);
    secrets.set(person.password, person);
  }
  const users = world.people.map((person) => ({ person, pattern: alone(person.userId) }));

  function judgeMarkers(asked: Asked, text: string, complain: (what: string) => void): void {
    for (const [marker, run, index, arrival] of text.matchAll(MARKER)) {
      if (Number(run) !== world.run || Number(index) !== asked.by.index) complain(`shows ${marker}`);
      // P8: no read of a hub shows what was fetched before a change that was sent before the read.
      const change = ajax.changes.findLast((each) => each.hubId === asked.hub && each.arrival <= asked.after);
      if (asked.shows === 'hub' && marker.endsWith('hub~') && change && Number(arrival) < change.arrival) {
        complain(`shows ${marker} from before the change by arrival ${change.arrival}`);
      }
    }
  }

  return {
    violations,
    owns(person, secret) {
      if (secret !== '') secrets.set(secret, person);
    },
    asks({ by, text }, correlationId) {
      requests.set(correlationId, by);
      for (const id of uuidsIn(text)) named.get(by)?.add(id);
    },
    judge(asked, { status, text }) {
      const { by, name, shows } = asked;
      const complain = (what: string) => {
        violations.push(`${by.email} ${name} and gets ${status}: ${what}\n${text}`);
      };
      judgeMarkers(asked, text, complain);
      for (const [secret, owner] of [...secrets, ...requests]) {
        if (owner !== by && text.includes(secret)) complain(`shows ${secret}`);
      }
      for (const [token] of ajax.tokens)
        if (text.includes(token)) complain(`shows the upstream token ${token}`);
      for (const { person, pattern } of users) {
        if (person !== by && pattern.test(text)) complain(`shows the user ${person.userId}`);
      }
      for (const { id, pattern } of hubs) {
        const isOwn = by.hubIds.includes(id);
        if (!isOwn && pattern.test(text) && !pattern.test(asked.text)) complain(`shows the hub ${id}`);
      }
      for (const id of uuidsIn(asked.text)) {
        // Whether there is such a thing is its owner's to know.
        const owner = owners.get(id) ?? by;
        if (owner !== by && (status < 400 || status === 409)) complain(`is told about ${id}`);
      }
      for (const id of uuidsIn(text)) {
        if (named.get(by)?.has(id)) continue;
        const owner = owners.get(id) ?? by;
        owners.set(id, owner);
        if (owner !== by) complain(`shows ${id}, which is ${owner.email}'s`);
      }
      const isForeignHub = shows === 'hub' && !by.hubIds.includes(asked.hub);
      if (isForeignHub && status < 400) complain('is told about a hub that is not theirs');
      if (
        shows !== undefined &&
        !isForeignHub &&
        status === 200 &&
        !text.includes(`~r${world.run}p${by.index}n`)
      ) {
        complain('shows nothing of their own');
      }
      if (status === 500) complain('is a fault');
    },
    judgeLog(lines) {
      for (const line of lines) {
        const mentioned = new Set([...line.matchAll(MARKER)].map(([, run, index]) => `${run} ${index}`));
        for (const { person, pattern } of users)
          if (pattern.test(line)) mentioned.add(`${world.run} ${person.index}`);
        if (mentioned.size > 1) violations.push(`a line of the log mixes people: ${line}`);
        for (const [token] of ajax.tokens)
          if (line.includes(token)) violations.push(`logged a token: ${line}`);
        for (const [secret] of secrets)
          if (line.includes(secret)) violations.push(`logged ${secret}: ${line}`);
      }
    },
  };
}
