import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import type { FlatObstacle } from '../../generators/_engine/cli/outcome.ts';
import { childEnvironment } from '../helpers/child-environment.ts';
import { run, runBin } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readTree, type Tree } from '../helpers/tree.ts';

const name = 'doors-check';
const billing = 'services/billing-service';
const add = ['add-service-client', '--target', 'billing', '--no-format', '--json'] as const;
const bin = join(projectRoot, 'dist/cli.js');
let root = '';
let before: Tree = new Map();
beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  before = readTree(root);
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

/** Puts a program of that name where the service's own one would be found. */
function install(program: string, script: string): void {
  const folder = join(root, billing, 'node_modules/.bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, program), `#!/usr/bin/env node\n${script}\n`);
  chmodSync(join(folder, program), 0o755);
}

/** The one obstacle of a document: its code, its place and what to do about it. */
function obstacleIn(stdout: string): readonly (string | undefined)[] {
  const { obstacles } = JSON.parse(stdout) as { obstacles: readonly FlatObstacle[] };
  expect(obstacles).toHaveLength(1);
  return obstacles.flatMap(({ code, path, remedy }) => [code, path, remedy]);
}

describe('--check', () => {
  it('rolls back whole when the real compiler finds something new', async () => {
    // It waits for the client, and for more than there is in it: an error of another kind than before.
    const waiting = "export type { Missing } from './utils/service-client.js';\n";
    writeFileSync(join(root, billing, 'src/waiting.ts'), waiting);
    before = readTree(root);
    const { exitCode, stdout } = await runBin(root, ...add, '--check');
    expect(exitCode, stdout).toBe(3);
    const remedy = 'Run without --check to see the code, and please report the mismatch.';
    expect(obstacleIn(stdout)).toEqual(['E_CHECK', `${billing}/tsconfig.json`, remedy]);
    expect(stdout).toContain('rolled back');
    expect(readTree(root)).toEqual(before);
  });

  it('says which packages are to be installed first', async () => {
    const error =
      "src/utils/http-transport.ts(2,40): error TS2307: Cannot find module 'undici' or its types.";
    const written = join(root, billing, 'src/utils/http-transport.ts');
    install(
      'tsc',
      `if (!require('node:fs').existsSync(${JSON.stringify(written)})) process.exit(0);
console.log(${JSON.stringify(error)}); process.exit(2);`,
    );
    const { stdout } = await runBin(root, ...add, '--check');
    const remedy =
      'Install the missing packages in the service (undici) and run the command again, or run it without --check and type-check after the installation.';
    expect(obstacleIn(stdout)).toEqual(['E_CHECK', `${billing}/tsconfig.json`, remedy]);
    expect(readTree(root)).toEqual(before);
  });

  it.each([
    ['crashes', "console.error('out of memory'); process.exit(134);", /does not run \(out of memory\)/],
    ['is killed', "process.kill(process.pid, 'SIGKILL');", /does not run \(SIGKILL\)/],
  ])('takes a compiler that %s for no check', async (_what, script, reason) => {
    install('tsc', script);
    const { exitCode, stdout } = await runBin(root, ...add, '--check');
    expect(exitCode, stdout).toBe(3);
    const remedy = 'Install the packages of the service, or run the command without --check.';
    expect(obstacleIn(stdout)).toEqual(['E_CHECK', `${billing}/tsconfig.json`, remedy]);
    expect(stdout).toMatch(reason);
    expect(readTree(root)).toEqual(before);
  });

  it('takes no compiler for no check', async () => {
    const { stdout } = await execa(process.execPath, [bin, ...add, '--check'], {
      cwd: root,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      // Nor git: it is not needed.
      env: { ...childEnvironment({}), PATH: '/nowhere' },
    });
    // The compiler of the project around the copy is found by walking up.
    expect(JSON.parse(stdout)).toMatchObject({ status: 'refused', obstacles: [{ code: 'E_CHECK' }] });
    expect(readTree(root)).toEqual(before);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('puts everything back on %s', async (signal) => {
    const started = join(root, billing, 'node_modules/second');
    // The first run is before the write, the second after it.
    install(
      'tsc',
      `const fs = require('node:fs');
const first = ${JSON.stringify(`${started}.first`)};
if (!fs.existsSync(first)) fs.writeFileSync(first, '');
else { fs.writeFileSync(${JSON.stringify(started)}, ''); setTimeout(() => {}, 20_000); }`,
    );
    const child = execa(process.execPath, [bin, ...add, '--check'], {
      cwd: root,
      reject: false,
      stdin: 'ignore',
    });
    await expect
      .poll(() => readdirSync(join(root, billing, 'node_modules')), { timeout: 20_000 })
      .toContain('second');
    expect(readTree(root)).not.toEqual(before);
    child.kill(signal);
    const { stdout, exitCode } = await child;
    expect(exitCode, stdout).toBe(3);
    expect(stdout).toContain(`interrupted by ${signal}`);
    expect(readTree(root)).toEqual(before);
  });
});

it('says that the files are changed when only the installation fails', async () => {
  const packages = join(root, '.tools');
  mkdirSync(packages);
  writeFileSync(join(packages, 'npm'), '#!/bin/sh\nexit 7\n');
  chmodSync(join(packages, 'npm'), 0o755);
  const { exitCode, stdout } = await execa(process.execPath, [bin, ...add, '--install'], {
    cwd: root,
    reject: false,
    stdin: 'ignore',
    env: { PATH: `${packages}:${process.env['PATH'] ?? ''}` },
  });
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'failed',
    changes: expect.arrayContaining([
      { path: `${billing}/package.json`, action: 'modify', role: 'manifest', added: 2, removed: 1 },
    ]) as unknown,
    next: [expect.stringContaining('npm')],
    notes: expect.arrayContaining([expect.stringContaining('The listed files were changed')]) as unknown,
  });
});

it('works without git, from add to undo', async () => {
  rmSync(join(root, '.git'), { recursive: true });
  for (const args of [add, ['s2s-status'], ['s2s-upgrade', '--no-format'], ['s2s-undo']]) {
    const result = await execa(process.execPath, [bin, ...args], {
      cwd: root,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { ...childEnvironment({}), PATH: '/nowhere' },
    });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  }
  expect(readTree(root)).toEqual(before);
  expect((await run(root, [bin, 's2s-status'])).exitCode).toBe(0);
});
