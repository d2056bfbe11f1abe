/** Reading one environment variable: what texts it accepts, what becomes of them, what is said of any other. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly variable: string;
  /** The offending value; undefined when it is missing or secret. */
  readonly value: string | undefined;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

export interface Variable<T> {
  /** Reads the text of a set variable; undefined means not acceptable. */
  readonly read: (text: string) => T | undefined;
  readonly allowed: string;
  readonly secret: boolean;
}

export const text: Variable<string> = { read: (value) => value, allowed: 'any text', secret: false };
export const secret: Variable<string> = { ...text, secret: true };

export function secretOf(minimum: number): Variable<string> {
  return {
    read: (value) => (value.length >= minimum ? value : undefined),
    allowed: `at least ${minimum} characters (for instance from \`openssl rand -hex 32\`)`,
    secret: true,
  };
}

/** Python's and JSON's spellings, because existing installations have them. */
const SPELLINGS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on', 't', 'y'].map((spelling) => [spelling, true] as const),
  ...['false', '0', 'no', 'off', 'f', 'n'].map((spelling) => [spelling, false] as const),
]);

export const flag: Variable<boolean> = {
  read: (value) => SPELLINGS.get(value.toLowerCase()),
  allowed: 'true or false',
  secret: false,
};

export const switchOrAuto: Variable<boolean | 'auto'> = {
  read: (value) => (value.toLowerCase() === 'auto' ? 'auto' : flag.read(value)),
  allowed: 'auto, true or false',
  secret: false,
};

export function integer(min: number, max: number): Variable<number> {
  return {
    read: (value) => {
      const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
    allowed: `a whole number from ${min} to ${max}`,
    secret: false,
  };
}

export function oneOf<const T extends string>(...values: readonly T[]): Variable<T> {
  return {
    read: (value) => values.find((candidate) => candidate.toLowerCase() === value.toLowerCase()),
    allowed: `one of ${values.join(', ')}`,
    secret: false,
  };
}

export function url(...protocols: readonly string[]): Variable<string> {
  return {
    read: (value) => {
      const parsed = URL.parse(value);
      return parsed && protocols.includes(parsed.protocol) ? value : undefined;
    },
    allowed: `a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    secret: false,
  };
}

/** An address of this machine, or a name for one. */
export const host: Variable<string> = {
  read: (value) =>
    ipaddr.isValid(value) || /^[a-z0-9]([a-z0-9.-]{0,252})$/i.test(value) ? value : undefined,
  allowed: 'an IP address or a host name',
  secret: false,
};

export const email: Variable<string> = {
  read: (value) => (z.email().max(254).safeParse(value).success ? value : undefined),
  allowed: 'an e-mail address',
  secret: false,
};

/** PostgreSQL's address; SQLAlchemy's name of a driver (`postgresql+asyncpg:`) says nothing to this program. */
export const databaseAddress: Variable<string> = {
  read: (value) => {
    const address = value.replace(/^(postgres(?:ql)?)\+\w+:/i, '$1:');
    return url('postgres:', 'postgresql:').read(address);
  },
  allowed: url('postgres:', 'postgresql:').allowed,
  secret: true,
};

/** A JSON list, or values separated by commas. */
export function list<T>(item: Variable<T>, allowed: string, isSecret = false): Variable<readonly T[]> {
  return {
    read: (value) => {
      const items = splitList(value)?.map((entry) => item.read(entry));
      return items?.every((entry) => entry !== undefined) ? (items as T[]) : undefined;
    },
    allowed: `${allowed}, separated by commas or as a JSON list`,
    secret: isSecret,
  };
}

function splitList(value: string): string[] | undefined {
  if (!value.trimStart().startsWith('[')) {
    return value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
  }
  try {
    const entries = z.array(z.string().trim()).parse(JSON.parse(value));
    return entries.filter((entry) => entry !== '');
  } catch {
    return undefined;
  }
}

export const origin: Variable<string> = {
  read: (value) => {
    const parsed = URL.parse(value);
    const isOrigin = parsed && ['http:', 'https:'].includes(parsed.protocol) && parsed.pathname === '/';
    return isOrigin && parsed.search === '' ? parsed.origin : undefined;
  },
  allowed: 'an origin',
  secret: false,
};

export const cidr: Variable<string> = {
  read: (value) => {
    const [address = ''] = value.split('/');
    // ipaddr.js reads `10` as 0.0.0.10 otherwise, and a range of one link belongs to no configuration.
    const isSpelledOut = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
    const isValid = ipaddr.isValidCIDR(value) || ipaddr.isValid(value);
    return isSpelledOut && isValid && !address.includes('%') ? value : undefined;
  },
  allowed: 'an address range',
  secret: false,
};

export const apiPrefix: Variable<string> = {
  read: (value) => (/^(\/[a-z0-9._-]+)+$/i.test(value) ? value : undefined),
  allowed: 'a path such as /api/v1',
  secret: false,
};

export type Values<V> = { readonly [K in keyof V]?: V[K] extends Variable<infer T> ? T : never };

/** Reads each variable that is set; an empty one counts as not set. */
export function readAll<V extends Record<string, Variable<unknown>>>(
  variables: V,
  env: Environment,
  problems: ConfigProblem[],
): Values<V> {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const raw = env[name]?.trim();
    if (raw === undefined || raw === '') continue;
    const value = variable.read(raw);
    if (value === undefined) {
      problems.push({
        variable: name,
        value: variable.secret ? undefined : raw,
        message: `is not allowed; expected ${variable.allowed}`,
      });
    }
    values[name] = value;
  }
  return values as Values<V>;
}
