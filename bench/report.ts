/** The one reporter: tables into the generated parts of docs/benchmarks.md, and to the terminal. */
import { readFileSync, writeFileSync } from 'node:fs';

const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url);

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function markdownTable({ columns, rows }: Table): string {
  const widths = columns.map((column, at) =>
    Math.max(3, column.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/**
 * Replaces what stands between the markers of a part.
 * @throws Error when the document lacks the markers
 */
export function replacePart(document: string, part: string, text: string): string {
  const [begin, end] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The document has no part ${part}`);
  return `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}

/** Prints the part; with `writes` it also takes its place in docs/benchmarks.md. */
export function report(part: string, text: string, writes: boolean): void {
  console.log(`\n${text.trim()}\n`);
  if (writes) writeFileSync(DOCUMENT, replacePart(readFileSync(DOCUMENT, 'utf8'), part, text));
}

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return String(Number(value.toPrecision(3)));
}

/** `1.25 x` of a reference. */
export const ratio = (value: number, reference: number) => `${(value / reference).toFixed(2)} x`;
