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

/** A service whose record says what was put into its application. */
function record(...insertions: readonly string[]): void {
  write('package.json', '{}');
  const patches = { 'src/app.ts': insertions };
  write('.s2s.json', JSON.stringify({ schema: 2, version: '0.1.0', by: 'add-greeting', patches }));
}

async function isDirty(text: string): Promise<boolean> {
  write('src/app.ts', text);
  const edit: Edit = {
    kind: 'patch',
    path: toRel('src/app.ts'),
    role: 'registration',
    base: text,
    changes: [],
  };
  return (await findDirty(openRepo(root), [edit])).length > 0;
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

describe('a file of the user with uncommitted insertions', () => {
  const committed = "import fastify from 'fastify';\nconst app = fastify();\n";
  const [first, second] = ["import greeting from './greeting.js';\n", 'app.register(greeting);\n'];
  const written = `import fastify from 'fastify';\n${first}const app = fastify();\n${second}`;

  it('is clean as long as nothing else was changed', async () => {
    write('src/app.ts', committed);
    commit('');
    record(first, second);
    expect(await isDirty(written)).toBe(false);
    expect(await isDirty(`${written}app.listen();\n`)).toBe(true);
    expect(await isDirty(written.replace('fastify();', 'fastify({ logger: true });'))).toBe(true);
    expect(await isDirty(written.replace('(greeting)', '(greeting, { loud: true })'))).toBe(true);
  });

  it('is clean with the last of them, where the others are committed', async () => {
    write('src/app.ts', committed.replace('const', `${first}const`));
    commit('');
    record(first, second);
    expect(await isDirty(written)).toBe(false);
    expect(await isDirty(written.replace(first, ''))).toBe(true);
  });

  it('is clean against the index, and with the line endings of a checkout', async () => {
    write('src/app.ts', 'const app = 1;\n');
    commit('');
    write('src/app.ts', committed);
    execFileSync('git', ['add', 'src/app.ts'], { cwd: root });
    record(first, second);
    expect(await isDirty(written)).toBe(false);
    expect(await isDirty(written.replaceAll('\n', '\r\n'))).toBe(false);
  });

  it('is dirty without a record of it', async () => {
    write('src/app.ts', committed);
    commit('');
    expect(await isDirty(written)).toBe(true);
  });
});
