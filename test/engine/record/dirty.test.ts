import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Edit } from '../../../generators/_engine/model/plan.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { findDirty } from '../../../generators/_engine/record/git.ts';
import { openRepo } from '../../../generators/_engine/repo/repo.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's2s-dirty-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A repository of its own in a folder, with everything committed. */
function commit(folder: string): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  const git = (...args: readonly string[]): void => {
    execFileSync('git', [...identity, ...args], { cwd: join(root, folder), stdio: 'ignore' });
  };
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'As it was');
}

async function dirtyOf(...paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const edits = paths.map((path): Edit => {
    return { kind: 'patch', path: toRel(path), role: 'registration', base: 'x\n', changes: [] };
  });
  return (await findDirty(openRepo(root), edits)).map(({ at }) => at?.path);
}

describe('uncommitted changes', () => {
  it('of a submodule are those of its own repository', async () => {
    write('app.ts', 'x\n');
    write('services/user/app.ts', 'x\n');
    write('services/user/clean.ts', 'x\n');
    commit('services/user');
    commit('');
    write('services/user/app.ts', 'y\n');
    expect(await dirtyOf('app.ts', 'services/user/app.ts', 'services/user/clean.ts')).toEqual([
      'services/user/app.ts',
    ]);
    write('app.ts', 'y\n');
    expect(await dirtyOf('app.ts', 'services/user/clean.ts')).toEqual(['app.ts']);
  });

  it('of a clone in an ignored folder are those of the clone', async () => {
    write('.gitignore', 'checkouts/\n');
    commit('');
    write('checkouts/shop/app.ts', 'x\n');
    commit('checkouts/shop');
    expect(await dirtyOf('checkouts/shop/app.ts')).toEqual([]);
    write('checkouts/shop/app.ts', 'y\n');
    expect(await dirtyOf('checkouts/shop/app.ts')).toEqual(['checkouts/shop/app.ts']);
  });
});
