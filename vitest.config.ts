import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

if (process.env['S2S_DEEP'] !== '1') {
  const preloaded = fileURLToPath(new URL('test/helpers/formatted-once.cjs', import.meta.url));
  process.env['NODE_OPTIONS'] ??= `--require ${JSON.stringify(preloaded)}`;
}

/** `npm run test:fast` is the engine project alone: nothing of it starts a process that it does not test. */
export default defineConfig({
  test: {
    // Much of the suite waits for processes that it has started: with one worker on two cores it takes twice as long.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts', 'test/architecture.test.ts'],
          // No file leaves a state behind: the compiler is loaded once instead of for each of them.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'runtime',
          include: ['test/{runtime,properties,generators}/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/helpers/redis.ts', 'test/helpers/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'doors',
          include: ['test/{doors,crash}/**/*.test.ts'],
          globalSetup: ['test/helpers/build.ts', 'test/helpers/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'security',
          include: ['test/security/**/*.test.ts'],
          globalSetup: ['test/helpers/redis.ts', 'test/helpers/build.ts', 'test/helpers/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'docs',
          include: ['test/docs/**/*.test.ts'],
          globalSetup: ['test/helpers/build.ts', 'test/helpers/seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'installs',
          include: ['test/installs/**/*.test.ts'],
          globalSetup: ['test/helpers/build.ts', 'test/helpers/seed.ts'],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'production',
          include: ['test/production/**/*.test.ts'],
          globalSetup: [
            'test/helpers/redis.ts',
            'test/helpers/build.ts',
            'test/helpers/seed.ts',
            'test/helpers/debian-packages.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cases',
          include: ['test/{cases,fixtures,fastify4}.test.ts'],
          globalSetup: ['test/helpers/redis.ts', 'test/helpers/seed.ts'],
          testTimeout: 240_000,
          hookTimeout: 60_000,
          maxConcurrency: 2,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['generators/**/*.ts', 'plopfile.ts'] },
  },
});
