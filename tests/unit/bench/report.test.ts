import { describe, expect, it } from 'vitest';
import { figure, markdownTable, replacePart } from '../../../bench/report.ts';

describe('the report of the benchmarks', () => {
  it('replaces its own part and nothing else, however often', () => {
    const document = 'Before\n<!-- queue: begin -->\nold\n<!-- queue: end -->\nAfter';
    const once = replacePart(document, 'queue', 'new');
    expect(once).toBe('Before\n<!-- queue: begin -->\n\nnew\n\n<!-- queue: end -->\nAfter');
    expect(replacePart(once, 'queue', 'new')).toBe(once);
    expect(() => replacePart(document, 'gateway', 'new')).toThrow('no part gateway');
  });

  it('aligns the columns of a table', () => {
    expect(markdownTable({ columns: ['', 'ms'], rows: [['a name', '1.5']] })).toBe(
      ['|        | ms  |', '| ------ | --- |', '| a name | 1.5 |'].join('\n'),
    );
  });

  it('writes three significant digits', () => {
    expect([0.012345, 1.0049, 98.76, 12_345.6, Number.NaN].map(figure)).toEqual([
      '0.0123',
      '1',
      '98.8',
      '12 346',
      '-',
    ]);
  });
});
