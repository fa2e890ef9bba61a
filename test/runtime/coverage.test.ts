import { execa } from 'execa';
import { expect, it } from 'vitest';

import { projectRoot } from '../helpers/project-root.ts';

it(
  'has every line and branch of the breaker covered by the tests that users get',
  { timeout: 120_000 },
  async () => {
    const run = await execa(
      'vitest',
      [
        'run',
        ...['--project', 'runtime', 'test/runtime/circuit-breaker.test.ts'],
        '--coverage.enabled',
        '--coverage.include=.rendered/breaker-*/{circuit-breaker,outcome-window,open-time}.ts',
        '--coverage.reporter=text',
        '--coverage.reportsDirectory=.rendered/coverage',
        '--coverage.thresholds.100',
      ],
      { cwd: projectRoot, preferLocal: true, reject: false, all: true },
    );
    expect(run.exitCode, run.all).toBe(0);
    expect(run.stdout).toMatch(/breaker-full\s+\|\s+100 \|\s+100 /u);
  },
);
