/** Tells probes for the weaknesses of other servers by their path. Sets and string methods only: linear time. */
import { decodings } from './decodings.ts';
import { DUMP_EXTENSIONS, FILE_NAMES, PANELS, SCRIPT_EXTENSIONS } from './probes.ts';

export const probeRules = ['traversal', 'control', 'dotfile', 'script', 'dump', 'panel'] as const;
export type ProbeRule = (typeof probeRules)[number];

/** @param path without its query; as sent, or as a URL has it */
export function probeRuleOf(path: string): ProbeRule | undefined {
  for (const reading of decodings(path)) {
    if (hasControl(reading)) return 'control';
    let index = 0;
    for (const segment of segmentsOf(reading)) {
      const rule = ruleOfSegment(segment, index++);
      if (rule !== undefined) return rule;
    }
  }
  return undefined;
}

/** Parts between slashes of either kind, in lower case, without the parameters some servers cut off (`..;/`). */
export function segmentsOf(path: string): readonly string[] {
  return path
    .toLowerCase()
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => withoutTail(segment.split(';', 1)[0] ?? ''));
}

/** Windows opens `x.php. ` as `x.php`. */
function withoutTail(segment: string): string {
  let end = segment.length;
  while (end > 0 && (segment[end - 1] === '.' || segment[end - 1] === ' ')) end--;
  return end === 0 ? segment.trim() : segment.slice(0, end);
}

function ruleOfSegment(segment: string, index: number): ProbeRule | undefined {
  if (segment.startsWith('..')) return 'traversal';
  // Well-known addresses (RFC 8615) are asked for by honest programs: there is nothing there, and that is all.
  if (segment.startsWith('.') && segment !== '.' && !(index === 0 && segment === '.well-known'))
    return 'dotfile';
  if (PANELS.has(segment)) return 'panel';
  if (FILE_NAMES.has(segment)) return 'dump';
  const dot = segment.lastIndexOf('.');
  // Names of people at Ajax are e-mail addresses, and those may end in .pl.
  if (dot <= 0 || segment.includes('@') || segment.includes('%40')) return undefined;
  const extension = segment.slice(dot + 1);
  if (SCRIPT_EXTENSIONS.has(extension) || PANELS.has(segment.slice(0, dot))) return 'script';
  // An editor's copy: `index.html~`.
  return DUMP_EXTENSIONS.has(extension) || extension.endsWith('~') ? 'dump' : undefined;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
