import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaultOf, usualJsonLimits } from '../../../src/shield/json-shape.ts';

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
    expect(jsonFaultOf(text, limits)).toBeUndefined();
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
    expect(jsonFaultOf(text, limits)).toBe('too_complex');
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":1}',
    '{"":1,"":2}',
    String.raw`{"armState":0,"arm\u0053tate":1}`,
    String.raw`{"a\"b":1,"a\u0022b":2}`,
    '{"x":{"a":1,"a":2}}',
    '[1,{"a":[],"a":{}}]',
    '{"a":{"a":1},"a":2}',
    '{"a":[1,2],"a":1}',
    '{ "a" : "b" , "a" : "b" }',
    '{"__proto__":1,"__proto__":2}',
    '{"a":1,"a":2',
  ])('%s has a member twice', (text) => {
    expect(jsonFaultOf(text, usualJsonLimits)).toBe('ambiguous');
  });

  it.each([
    '{"a":1,"A":2}',
    '{"a":"a","b":"a"}',
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '["a","a","a"]',
    '{"a":["a","a"],"b":"b"}',
    String.raw`{"a":"\",\"a\":1","b":1}`,
    String.raw`{"\ud800":1,"\ud801":2}`,
    String.raw`{"\x":1,"\x":2`.slice(0, 5),
  ])('%s has each member once', (text) => {
    expect(jsonFaultOf(text, usualJsonLimits)).toBeUndefined();
  });

  it('finds a member that is there twice wherever it is, and no other', () => {
    interface Text {
      readonly text: string;
      readonly isAmbiguous: boolean;
    }
    const name = fc.constantFrom('a', 'b', 'c', '__proto__', '"', '\\', 'é', '","a":');
    const spelt = fc.tuple(name, fc.boolean()).map(([plain, isEscaped]) => ({
      plain,
      text: isEscaped
        ? `"${[...plain].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
        : JSON.stringify(plain),
    }));
    const { tree } = fc.letrec<{ tree: Text }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc
          .constantFrom('1', 'null', '"a"', String.raw`"\"a\":,{"`)
          .map((text) => ({ text, isAmbiguous: false })),
        fc.array(tie('tree'), { maxLength: 3 }).map((items) => ({
          text: `[${items.map(({ text }) => text).join()}]`,
          isAmbiguous: items.some(({ isAmbiguous }) => isAmbiguous),
        })),
        fc.array(fc.tuple(spelt, tie('tree')), { maxLength: 3 }).map((members) => ({
          text: `{${members.map(([key, { text }]) => `${key.text}:${text}`).join()}}`,
          isAmbiguous:
            new Set(members.map(([key]) => key.plain)).size < members.length ||
            members.some(([, { isAmbiguous }]) => isAmbiguous),
        })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, isAmbiguous }) => {
        JSON.parse(text);
        expect(jsonFaultOf(text, usualJsonLimits)).toBe(isAmbiguous ? 'ambiguous' : undefined);
      }),
      { numRuns: 500 },
    );
  });
});
