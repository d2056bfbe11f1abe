import { defineConfig } from 'vitest/config';

const saturating = 'tests/runtime/split.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'usual',
          include: ['tests/**/*.test.ts'],
          exclude: [saturating],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Five processes under full load: judged fairly only when nothing else runs.
        extends: true,
        test: { name: 'saturating', include: [saturating], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
