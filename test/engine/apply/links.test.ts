import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { apply } from '../../../generators/_engine/apply/apply.ts';
import type { Edit, Plan } from '../../../generators/_engine/model/plan.ts';
import { type FileOperations, nodeFiles } from '../../../generators/_engine/apply/file-operations.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { resolveExisting } from '../../../generators/_engine/plan/resolve-existing.ts';
import { openRepo } from '../../../generators/_engine/repo/repo.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 's2s-links-')));
  mkdirSync(join(root, 'real'));
  writeFileSync(join(root, 'real/a.ts'), 'a');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function planOf(...edits: readonly Edit[]): Plan {
  return { ok: true, notes: [], edits };
}

function patch(path: string, text: string): Edit {
  const changes = [{ start: 0, end: 1, text }];
  return { kind: 'patch', path: toRel(path), role: 'registration', base: 'a', changes };
}

function remove(path: string): Edit {
  return { kind: 'delete', path: toRel(path), role: 'unit-test', base: 'a' };
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

describe('a link inside the root', () => {
  it('stays one: what it leads to gets the text', async () => {
    symlinkSync('real/a.ts', join(root, 'link.ts'));
    await apply(planOf(patch('link.ts', 'b')), root);
    expect(readlinkSync(join(root, 'link.ts'))).toBe('real/a.ts');
    expect(read('real/a.ts')).toBe('b');
  });

  it('is written once where another name of the file gets the same text', async () => {
    symlinkSync('real/a.ts', join(root, 'link.ts'));
    await apply(planOf(patch('link.ts', 'b'), patch('real/a.ts', 'b')), root);
    expect(read('real/a.ts')).toBe('b');
    expect(lstatSync(join(root, 'link.ts')).isSymbolicLink()).toBe(true);
  });

  it('is refused where another name of the file gets another text', async () => {
    symlinkSync('real/a.ts', join(root, 'link.ts'));
    const writing = apply(planOf(patch('link.ts', 'b'), patch('real/a.ts', 'c')), root);
    await expect(writing).rejects.toMatchObject({ obstacles: [{ code: 'E_PATH' }] });
    expect(read('real/a.ts')).toBe('a');
  });

  it('is not followed to a file that would be deleted', async () => {
    symlinkSync('real/a.ts', join(root, 'link.ts'));
    await expect(apply(planOf(remove('link.ts')), root)).rejects.toMatchObject({
      obstacles: [{ code: 'E_PATH', at: { path: 'link.ts' } }],
    });
    expect(readdirSync(root)).toEqual(['link.ts', 'real']);
  });

  it('stays where a folder behind it is left empty', async () => {
    symlinkSync('real', join(root, 'folder'));
    await apply(planOf(remove('folder/a.ts')), root);
    expect(readdirSync(join(root, 'folder'))).toEqual([]);
  });
});

it('replaces a hard link under the name that is known, and leaves the other name its text', async () => {
  linkSync(join(root, 'real/a.ts'), join(root, 'other.ts'));
  await apply(planOf(patch('real/a.ts', 'b')), root);
  expect([read('real/a.ts'), read('other.ts')]).toEqual(['b', 'a']);
  expect(statSync(join(root, 'other.ts')).nlink).toBe(1);
});

it('refuses a new file below a folder whose name another one has but for case', async () => {
  mkdirSync(join(root, 'src/Utils'), { recursive: true });
  const edit: Edit = { kind: 'create', path: toRel('src/utils/x.ts'), role: 'circuit-breaker', text: '' };
  const rebuild = (): Promise<never> => Promise.reject(new Error('nothing is edited'));
  const { obstacles } = await resolveExisting(openRepo(root), [edit], { rebuild });
  expect(obstacles).toMatchObject([{ code: 'E_FILE_EXISTS', at: { path: 'src/Utils' } }]);
});

it('has every new and every lost name on the disk before the journal goes', async () => {
  const log: string[] = [];
  const opened = new Map<number, string>();
  const files: FileOperations = {
    ...nodeFiles,
    open: (path, flags) => {
      const file = nodeFiles.open(path, flags);
      opened.set(file, path);
      return file;
    },
    sync: (file) => {
      log.push(`sync ${opened.get(file)?.slice(root.length) ?? ''}`);
      nodeFiles.sync(file);
    },
    remove: (path) => {
      log.push(`remove ${path.slice(root.length)}`);
      nodeFiles.remove(path);
    },
  };
  const create: Edit = { kind: 'create', path: toRel('new/deep/b.ts'), role: 'unit-test', text: 'b' };
  await apply(planOf(create, remove('real/a.ts')), root, { files });
  const done = log.lastIndexOf('remove /.s2s.journal');
  const synced = log.slice(log.indexOf('remove /real/a.ts'), done);
  expect(synced).toEqual(expect.arrayContaining(['sync ', 'sync /new', 'sync /new/deep']));
});
