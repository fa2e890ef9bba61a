import { join } from 'node:path';

import { execa } from 'execa';

import { childEnvironment } from './child-environment.ts';
import type { Fixture } from './fixtures.ts';
import { projectRoot } from './project-root.ts';

export interface TestRun {
  readonly passed: number;
  /** Empty when every test passed; else what the runner printed. */
  readonly failure: string;
}

interface Runner {
  readonly args: (files: readonly string[]) => readonly string[];
  readonly passed: RegExp;
  readonly env?: Readonly<Record<string, string>>;
}

const bin = (path: string): string => join(projectRoot, 'node_modules', path);

const runners: Readonly<Record<Fixture['runner'], Runner>> = {
  vitest: {
    args: (files) => [bin('vitest/vitest.mjs'), 'run', '--root', '.', ...files],
    passed: /Tests\s+(?:.*\s)?(\d+) passed/,
  },
  jest: {
    args: (files) => [bin('jest/bin/jest.js'), '--ci', '--runTestsByPath', ...files],
    passed: /Tests:\s+(?:.*\s)?(\d+) passed/,
  },
  'node:test': {
    args: (files) => ['--import', 'tsx', '--test', '--test-reporter=tap', ...files],
    passed: /# pass (\d+)/,
    env: { FASTIFY_AUTOLOAD_TYPESCRIPT: '1' },
  },
};

/** Runs test files (relative to the service's absolute folder) with the fixture's own runner. */
export async function runServiceTests(
  runner: Fixture['runner'],
  folder: string,
  files: readonly string[],
  redisUrl: string,
): Promise<TestRun> {
  const { args, passed, env } = runners[runner];
  const run = await execa(process.execPath, [...args(files)], {
    cwd: folder,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: 150_000,
    extendEnv: false,
    env: childEnvironment({ NO_COLOR: '1', REDIS_URL: redisUrl, ...env }),
  });
  const count = Number(passed.exec(run.all)?.[1] ?? 0);
  if (run.failed) return { passed: count, failure: run.all };
  return { passed: count, failure: count > 0 ? '' : `No test ran:\n${run.all}` };
}
