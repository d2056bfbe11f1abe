/** The import rules of .dependency-cruiser.cjs, and that they can fail. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as IConfiguration;

async function violationsIn(directory: string, rooms: string[]) {
  const { output } = await cruise(rooms, {
    ...config.options,
    ruleSet: { forbidden: config.forbidden ?? [] },
    validate: true,
    baseDir: directory,
  });
  const { modules, summary } = output as ICruiseResult;
  return {
    modules: modules.length,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

describe('the import rules', () => {
  it('hold: imports run one way, without cycles, through the doors', async () => {
    const { modules, violations } = await violationsIn(root, ['src', 'coordinator', 'simulator', 'web/src']);
    expect(violations).toEqual([]);
    expect(modules).toBeGreaterThan(150);
  });

  it.each([
    [
      'a lower floor importing a higher one',
      'floor-',
      { 'src/kernel/a.ts': '../identity/index.ts', 'src/identity/index.ts': '' },
    ],
    [
      'a module entered past its door',
      'modules-have-one-door',
      { 'src/identity/a.ts': '../audit/trail.ts', 'src/audit/trail.ts': '' },
    ],
    ['a cycle', 'no-cycles', { 'src/ajax/a.ts': './b.ts', 'src/ajax/b.ts': './a.ts' }],
    [
      'the gateway reaching into the coordinator',
      'contract-is-all',
      { 'src/ajax/a.ts': '../../coordinator/budget/x.ts', 'coordinator/budget/x.ts': '' },
    ],
    [
      'the coordinator reaching into the gateway',
      'coordinator-stands',
      { 'coordinator/a.ts': '../src/audit/index.ts', 'src/audit/index.ts': '' },
    ],
    [
      'the dashboard importing a value of the gateway',
      'dashboard-imports',
      { 'web/src/a.ts': '../../src/kernel/errors.ts', 'src/kernel/errors.ts': '' },
    ],
    [
      'the simulator in product code',
      'nobody-imports-the-simulator',
      { 'src/ajax/a.ts': '../../simulator/simulator.ts', 'simulator/simulator.ts': '' },
    ],
    ['a driver outside its adapter', 'driver-undici', { 'src/ajax/a.ts': 'undici' }],
    ['node:* outside an adapter', 'node-modules-only', { 'src/ajax/a.ts': 'node:fs' }],
    ['an import that leads nowhere', 'no-unresolvable', { 'src/ajax/a.ts': './missing.ts' }],
  ])('catch %s', async (_name, rule, files) => {
    const directory = mkdtempSync(join(tmpdir(), 'ajaxsecurflow-imports-'));
    try {
      symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
      writeFileSync(join(directory, 'package.json'), '{"type":"module","dependencies":{"undici":"*"}}');
      for (const [file, imported] of Object.entries(files)) {
        mkdirSync(join(directory, dirname(file)), { recursive: true });
        const line = imported === '' ? '' : `import { x } from '${imported}';\nexport const y = x;\n`;
        writeFileSync(join(directory, file), `${line}export const x = 1;\n`);
      }
      const rooms = [...new Set(Object.keys(files).map((file) => file.split('/')[0] ?? file))];
      const { violations } = await violationsIn(directory, rooms);
      expect(violations.join('\n')).toContain(rule);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
