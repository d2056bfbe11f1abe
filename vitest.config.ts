import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const saturating = ['tests/runtime/split.test.ts', 'tests/runtime/faults/warm-restart.test.ts'];

/** They take minutes each; begun last, one worker would wait for the other. */
const longest = [
  'simulation/simulation',
  'simulation/mutants',
  'runtime/windows',
  'web/dashboard',
  'runtime/faults/kills',
  'runtime/product',
  'runtime/postgres',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) =>
      longest.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
    const known = files.filter((file) => rank(file) >= 0).sort((a, b) => rank(a) - rank(b));
    return [...known, ...(await super.sort(files.filter((file) => rank(file) < 0)))];
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'usual',
          include: ['tests/**/*.test.ts'],
          exclude: saturating,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Many processes or callers under full load: judged fairly only when nothing else runs.
        extends: true,
        test: { name: 'saturating', include: saturating, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
