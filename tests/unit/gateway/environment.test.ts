import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/environment.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-env-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(...lines: readonly string[]) {
  const file = join(directory, '.env');
  writeFileSync(file, lines.join('\n'));
  return readEnvironment(file);
}

describe('the .env file', () => {
  it.each([
    ['TEST_A=ab#cd', 'ab#cd'],
    ['TEST_A=#abc', '#abc'],
    ['TEST_A=p#1#2   # the password', 'p#1#2'],
    ['export TEST_A=ab#cd', 'ab#cd'],
    ['TEST_A = ab#cd\r', 'ab#cd'],
    ['TEST_A="ab #cd" # comment', 'ab #cd'],
    ["TEST_A='ab #cd'", 'ab #cd'],
    ['TEST_A=ab # comment', 'ab'],
    ['TEST_A= # comment', ''],
    ['TEST_A=["https://a.example/#x", "b"]', '["https://a.example/#x", "b"]'],
  ])('reads %j as older installations wrote it: # begins a comment only after a space', (line, value) => {
    expect(read(line).TEST_A).toBe(value);
  });

  it('leaves lines inside a quoted value alone', () => {
    const { TEST_A, TEST_B } = read('TEST_A="one', 'TEST_B=two#2', 'three"');
    expect({ TEST_A, TEST_B }).toEqual({ TEST_A: 'one\nTEST_B=two#2\nthree', TEST_B: undefined });
  });

  it('yields to the environment', () => {
    expect(read('PATH=x#y').PATH).toBe(process.env.PATH);
  });

  it('need not exist', () => {
    expect(readEnvironment(join(directory, 'none')).PATH).toBe(process.env.PATH);
  });
});
