/** What happened, in order: the last of it in words, all of it in one number that two runs of a seed share. */
export interface Trace {
  add(at: number, ...words: readonly (string | number | boolean | undefined)[]): void;
  /** The last events, one a line, oldest first. */
  last(): string[];
  /** 32-bit FNV-1a of everything. */
  fingerprint(): string;
}

const KEPT = 300;

export function createTrace(): Trace {
  const lines: string[] = [];
  let next = 0;
  let hash = 0x811c9dc5;
  return {
    add(at, ...words) {
      const line = `${(at / 1_000).toFixed(3)} ${words.filter((word) => word !== undefined).join(' ')}`;
      lines[next] = line;
      next = (next + 1) % KEPT;
      for (let n = 0; n < line.length; n++) hash = Math.imul(hash ^ line.charCodeAt(n), 0x01000193);
    },
    last: () => [...lines.slice(next), ...lines.slice(0, next)],
    fingerprint: () => (hash >>> 0).toString(16).padStart(8, '0'),
  };
}
