import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, expect, it } from 'vitest';

import { runBin } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readTree, type Tree } from '../helpers/tree.ts';

const name = 'doors-merge';
let root = '';
let before: Tree = new Map();
beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  before = readTree(root);
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

async function git(...args: readonly string[]): Promise<boolean> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  return !(await execa('git', [...identity, ...args], { cwd: root, reject: false })).failed;
}

async function onBranch(branch: string, ...args: readonly string[]): Promise<void> {
  await git('checkout', '--quiet', '-b', branch, 'start');
  const run = await runBin(root, ...args, '--no-format');
  expect(run.exitCode, run.stdout).toBe(0);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', branch);
}

it('needs nobody when two branches have generated into two services', async () => {
  await git('branch', 'start');
  await onBranch('first', 'add-circuit-breaker', '--target', 'user');
  await onBranch('second', 'add-service-client', '--target', 'billing');
  expect(await git('merge', '--message', 'merged', 'first')).toBe(true);
  expect((await runBin(root, 's2s-status')).exitCode).toBe(0);
  const undone = await runBin(root, 's2s-undo');
  expect(undone.exitCode, undone.stdout).toBe(0);
  expect(readTree(root)).toEqual(before);
});

it('is one record again when two branches have generated into one service', async () => {
  const path = 'services/user-service/.s2s.json';
  await git('branch', 'start');
  await onBranch('first', 'add-circuit-breaker', '--target', 'user');
  await onBranch('second', 'add-auth-middleware', '--target', 'user', '--protect', 'none');
  expect(await git('merge', '--message', 'merged', 'first')).toBe(false);
  const conflicts = await execa('git', ['diff', '--name-only', '--diff-filter=U'], { cwd: root });
  expect(conflicts.stdout).toBe(path);

  const status = await runBin(root, 's2s-status', '--json');
  expect(status.exitCode).toBe(5);
  expect(JSON.parse(status.stdout)).toMatchObject({ findings: [{ state: 'conflict', path }] });
  const fixed = await runBin(root, 's2s-status', '--fix');
  expect(fixed.exitCode, fixed.stdout).toBe(0);
  await git('add', '--all');
  expect(await git('commit', '--quiet', '--message', 'merged')).toBe(true);

  expect((await runBin(root, 's2s-status')).exitCode).toBe(0);
  const undone = await runBin(root, 's2s-undo');
  expect(undone.exitCode, undone.stdout).toBe(0);
  expect(readTree(root)).toEqual(before);
});
