import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { projectRoot } from '../helpers/project-root.ts';
import { isDeep } from '../helpers/sampled.ts';

const clone = mkdtempSync(join(tmpdir(), 's2s-clone-'));
const parts = [
  'fixtures',
  'generators',
  'scripts',
  'templates',
  'test',
  'package.json',
  'plopfile.ts',
  'tsconfig.json',
  'vitest.config.ts',
];

beforeAll(copyProject);
afterAll(() => {
  rmSync(clone, { recursive: true, force: true });
});

/** The project without its history and its packages, which are shared. */
function copyProject(): void {
  for (const part of parts) {
    cpSync(join(projectRoot, part), join(clone, part), {
      recursive: true,
      filter: (path) => !/[\\/]node_modules$/.test(path),
    });
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'), 'junction');
  const world = 'fixtures/_deps/fastify4/node_modules';
  symlinkSync(join(projectRoot, world), join(clone, world), 'junction');
}

const inClone = (program: string, ...args: readonly string[]) =>
  execa(join(clone, 'node_modules/.bin', program), args, {
    cwd: clone,
    stdin: 'ignore',
    reject: false,
    // The new case is in no sample but by luck.
    env: { S2S_DEEP: '1' },
  });

describe('npm run new', () => {
  if (isDeep)
    it('makes a generator whose case passes, in a copy of this project', async () => {
      const made = await inClone('tsx', 'scripts/new.ts', 'add-greeting');
      expect(made.exitCode, made.stderr).toBe(0);
      expect(existsSync(join(clone, 'templates/add-greeting/greeting.ts.hbs'))).toBe(true);
      const args = ['run', '--project', 'cases', '-t', 'add-greeting/npm-workspaces', '--reporter=json'];
      const run = await inClone('vitest', ...args);
      const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{'))) as {
        readonly numPassedTests: number;
        readonly numFailedTests: number;
      };
      // Exactly these files, recorded, idempotent, taken back.
      expect(report).toMatchObject({ numFailedTests: 0 });
      expect(report.numPassedTests).toBeGreaterThanOrEqual(4);
    });

  it('refuses a name that is taken or is none, and writes nothing', async () => {
    for (const name of ['add-s2s', 'Greeting', 'add']) {
      const made = await inClone('tsx', 'scripts/new.ts', name);
      expect(made.exitCode).toBe(1);
      expect(existsSync(join(clone, 'templates', name, `${name.slice(4)}.ts.hbs`))).toBe(false);
    }
  });
});
