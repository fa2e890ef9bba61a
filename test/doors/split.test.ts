import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

import { runBin, runBinWith } from '../helpers/doors.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { readTree } from '../helpers/tree.ts';

const name = 'doors-split';
const user = 'services/user-service';
const add = ['add-auth-middleware', '--target', 'user', '--protect', 'usersRoutes', '--no-format'];
let root = '';

beforeEach(async () => {
  root = await openRepoCopy(name, 'npm-workspaces');
  await git('config', 'user.name', 'Test');
  await git('config', 'user.email', 'test@localhost');
});
afterAll(() => {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
});

async function git(...args: readonly string[]): Promise<string> {
  return (await execa('git', [...args], { cwd: root })).stdout;
}

/** The commits after the first one, oldest first: subject and files. */
async function commits(): Promise<readonly Readonly<{ subject: string; files: readonly string[] }>[]> {
  const log = await git('log', '--reverse', '--name-only', '--format=%x00%s%x01');
  const [, , ...more] = log.split('\0');
  return more.map((one) => {
    const [subject = '', files = ''] = one.split('\u0001');
    return { subject, files: files.split('\n').filter((line) => line !== '') };
  });
}

describe('--split', () => {
  it('commits run-time code, wiring and tests one after another, and leaves nothing uncommitted', async () => {
    const { exitCode, stdout } = await runBin(root, ...add, '--split');
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(
      /\nLines: run-time code \+[\d,]+, tests \+[\d,]+, wiring \+10 -1, records \+\d+\n/,
    );
    expect(await git('status', '--porcelain')).toBe('');
    const [code, wiring, tests, ...more] = await commits();
    expect(more).toEqual([]);
    expect(code?.subject).toBe('add-auth-middleware: run-time code of user-service');
    expect(code?.files).toContain(`${user}/src/middleware/auth.middleware.ts`);
    expect(code?.files).toContain(`${user}/package.json`);
    expect(code?.files.filter((path) => /test|app\.ts|s2s\.json/.test(path))).toEqual([]);
    expect(wiring?.files).toEqual([
      `${user}/.env.example`,
      `${user}/src/app.ts`,
      `${user}/src/routes/users.routes.ts`,
    ]);
    expect(tests?.files.filter((path) => !path.endsWith('.test.ts'))).toEqual([
      `${user}/.s2s.json`,
      `${user}/test/test-kit.ts`,
    ]);
    expect(await git('log', '-1', '--format=%b')).toContain('add-auth-middleware --target');
    expect((await runBin(root, 's2s-status')).exitCode).toBe(0);
    await git('checkout', '--quiet', 'HEAD~2');
    expect(existsSync(join(root, user, 'test/auth-middleware.test.ts'))).toBe(false);
  });

  it('commits an undo the other way round', async () => {
    await runBin(root, ...add, '--split');
    expect((await runBin(root, 's2s-undo', '--split')).exitCode).toBe(0);
    const subjects = (await commits()).slice(3).map(({ subject }) => subject);
    expect(subjects).toEqual(
      ['s2s-undo: tests', 's2s-undo: wiring', 's2s-undo: run-time code'].map(
        (one) => `${one} of user-service`,
      ),
    );
    expect(await git('diff', '--stat', 'HEAD~6')).toBe('');
    expect(await git('status', '--porcelain')).toBe('');
  });

  it('runs no hook, and keeps the commits of a subfolder to it', async () => {
    const hook = join(root, '.git/hooks/pre-commit');
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { exitCode } = await runBin(
      join(root, user),
      ...add.slice(0, 1),
      '--cwd',
      '.',
      ...add.slice(3),
      '--split',
    );
    expect(exitCode).toBe(0);
    expect((await commits()).flatMap(({ files }) => files).every((path) => path.startsWith(`${user}/`))).toBe(
      true,
    );
  });

  it.each<[string, string, () => unknown]>([
    [
      'a change that is not committed',
      'services/auth-service/src/app.ts has uncommitted changes',
      () => {
        appendFileSync(join(root, 'services/auth-service/src/app.ts'), '// mine\n');
      },
    ],
    [
      'a merge that is under way',
      'git is in the middle of something (MERGE_HEAD)',
      async () => {
        writeFileSync(join(root, '.git/MERGE_HEAD'), await git('rev-parse', 'HEAD'));
      },
    ],
    [
      'files that git ignores',
      'git ignores services/user-service/src/middleware/auth.middleware.ts',
      async () => {
        appendFileSync(join(root, '.gitignore'), 'middleware/\n');
        await git('commit', '--quiet', '--all', '--message', 'Ignore');
      },
    ],
    [
      'files that git filters',
      'git filters',
      async () => {
        writeFileSync(join(root, '.gitattributes'), '*.ts filter=lfs\n');
        await git('add', '.gitattributes');
        await git('commit', '--quiet', '--message', 'Filter');
      },
    ],
    ['nobody to commit', 'git does not know your name', () => git('config', 'user.name', '')],
  ])('is refused with %s, and nothing changes', async (_name, reason, arrange) => {
    await arrange();
    const [before, head] = [readTree(root), await git('rev-parse', 'HEAD')];
    const { exitCode, stdout } = await runBin(root, ...add, '--split', '--allow-dirty');
    expect(stdout).toContain('E_GIT');
    expect(stdout).toContain(reason);
    expect(exitCode).toBe(3);
    expect(readTree(root)).toEqual(before);
    expect(await git('rev-parse', 'HEAD')).toBe(head);
  });

  it.each([
    ['with the dependencies', '', ''],
    ['not, where another file changes meanwhile', `echo '//' >> ${user}/src/app.ts`, ' M '],
  ])('commits the lockfile that an installation changes %s', async (_, meanwhile, left) => {
    const lock = 'package-lock.json';
    writeFileSync(join(root, lock), '{}\n');
    await git('add', lock);
    await git('commit', '--quiet', '--message', 'Lock');
    // In place of npm, which needs a registry.
    const tools = join(root, '.git/tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'npm'), `#!/bin/sh\necho '{ }' > ${lock}\n${meanwhile}\n`, { mode: 0o755 });
    const PATH = `${tools}:${process.env['PATH'] ?? ''}`;
    const { exitCode, stdout } = await runBinWith({ PATH }, root, ...add, '--split', '--install');
    expect(exitCode, stdout).toBe(0);
    expect(stdout.includes('The lockfile was changed, but not committed')).toBe(left !== '');
    const [, code, ...others] = await commits();
    expect(code?.files.includes(lock)).toBe(left === '');
    expect(others.map(({ files }) => files.includes(lock))).toEqual([false, false]);
    expect((await git('status', '--porcelain')).includes(lock)).toBe(left !== '');
    expect(code?.subject).toBe('add-auth-middleware: run-time code of user-service');
  });

  it('is refused without a commit to follow', async () => {
    rmSync(join(root, '.git'), { recursive: true });
    await git('init', '--quiet');
    expect((await runBin(root, ...add, '--split')).stdout).toContain('no git repository with a commit');
  });
});

describe('--gitattributes', () => {
  it('marks the record as generated, once, and undo takes it out', async () => {
    const before = readTree(root);
    await runBin(root, ...add, '--gitattributes');
    const line = '.s2s.json linguist-generated\n';
    expect(readFileSync(join(root, '.gitattributes'), 'utf8')).toBe(line);
    const again = await runBin(root, ...add, '--gitattributes');
    expect(again.stdout).toContain('nothing to change');
    await runBin(root, 's2s-undo');
    expect(readTree(root)).toEqual(before);
  });

  it('adds its line to those that are there', async () => {
    writeFileSync(join(root, '.gitattributes'), '* text=auto');
    await git('add', '.gitattributes');
    await git('commit', '--quiet', '--message', 'Attributes');
    const before = readTree(root);
    await runBin(root, ...add, '--gitattributes', '--split');
    const text = readFileSync(join(root, '.gitattributes'), 'utf8');
    expect(text).toBe('* text=auto\n.s2s.json linguist-generated\n');
    expect((await commits())[2]?.files).toContain('.gitattributes');
    await runBin(root, 's2s-undo');
    expect(readTree(root)).toEqual(before);
  });
});
