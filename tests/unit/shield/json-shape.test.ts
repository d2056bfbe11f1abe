import { describe, expect, it } from 'vitest';
import { isTooComplex } from '../../../src/shield/json-shape.ts';

const limits = { depth: 3, values: 5 };

describe('the shape of a JSON text', () => {
  it.each([
    '',
    '{}',
    '[[[]]]',
    '{"a":{"b":{"c":1}}}',
    '[1,2,3,4,5]',
    '{"a":"[[[[[[{{{{{{,,,,,,,,"}',
    String.raw`{"a":"\"[[[[[","b":"\\"}`,
    String.raw`["\\\\\"[[[[[[["]`,
    '[][][][][]',
    '"[[[[[[',
  ])('%s is within the limits', (text) => {
    expect(isTooComplex(text, limits)).toBe(false);
  });

  it.each([
    '[[[[',
    '[[[[]]]]',
    '{"a":{"b":{"c":{}}}}',
    '[{"a":[{}]}]',
    '[1,2,3,4,5,6]',
    '{"a":1,"b":2,"c":[1,2,3,4]}',
    String.raw`["\\",[[[]]]]`,
    String.raw`["a\"",[[[]]]]`,
    ',,,,,,',
  ])('%s is beyond them', (text) => {
    expect(isTooComplex(text, limits)).toBe(true);
  });
});
