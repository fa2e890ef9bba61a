import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ESLint } from 'eslint';
import { execa } from 'execa';
import prettier, { type Options } from 'prettier';
import tseslint from 'typescript-eslint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { changedFiles, type Tree } from '../helpers/tree.ts';

const everything = 'add-s2s --target user --protect usersRoutes';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('reformatted');
});
afterEach(() => {
  deleteGeneratedRepo('reformatted');
});

function files(root: string, pattern: RegExp): readonly string[] {
  return readdirSync(join(root, 'services'), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => join(root, 'services', path));
}

async function withPrettier(root: string, options: Options): Promise<void> {
  for (const path of files(root, /\.(?:ts|json)$/)) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, await prettier.format(text, { ...options, filepath: path }));
  }
}

async function withBiome(root: string): Promise<void> {
  await execa('biome', ['check', '--write', '--linter-enabled=false', ...files(root, /\.(?:ts|json)$/)], {
    cwd: root,
    preferLocal: true,
    localDir: projectRoot,
    reject: false,
  });
}

async function withEslint(root: string): Promise<void> {
  const eslint = new ESLint({
    cwd: root,
    fix: true,
    overrideConfigFile: true,
    overrideConfig: [
      ...tseslint.configs.recommended,
      { rules: { 'sort-imports': ['error', { ignoreDeclarationSort: true }], 'arrow-body-style': 'off' } },
    ] as never,
  });
  await ESLint.outputFixes(await eslint.lintFiles([...files(root, /\.ts$/)]));
}

function withCrlf(root: string): Promise<void> {
  for (const path of files(root, /\.(?:ts|json|example)$/)) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll(/\r?\n/g, '\r\n'));
  }
  return Promise.resolve();
}

function services(tree: Tree): Tree {
  return new Map([...tree].filter(([path]) => path.startsWith('services/')));
}

describe.each<[string, (root: string) => Promise<void>]>([
  [
    'Prettier with other options',
    (root) => withPrettier(root, { semi: false, useTabs: true, printWidth: 60 }),
  ],
  [
    'Prettier with wide lines',
    (root) =>
      withPrettier(root, {
        printWidth: 160,
        arrowParens: 'avoid',
        trailingComma: 'none',
        singleQuote: false,
      }),
  ],
  [
    'Prettier and then Biome',
    async (root) => {
      await withPrettier(root, { semi: false, tabWidth: 4, quoteProps: 'consistent' });
      await withBiome(root);
    },
  ],
  ['ESLint --fix', withEslint],
  ['a checkout with CRLF', withCrlf],
])('after %s over the whole repository', (_name, reformat) => {
  it('nothing has drifted, nothing is to do, and undo takes out what was added alone', async () => {
    await reformat(repo.root);
    const original = services(repo.tree);
    repo = new GeneratedRepo('reformatted');
    await repo.run(everything);
    const written = services(repo.tree);
    await reformat(repo.root);
    expect(changedFiles(written, services(repo.tree)).size).toBeGreaterThan(5);
    expect(await repo.plan('s2s-status')).toMatchObject({ findings: [] });
    expect(await repo.plan(everything)).toMatchObject({ edits: [] });
    expect(await repo.plan('s2s-upgrade')).toMatchObject({ edits: [], findings: [] });
    await repo.run('s2s-undo');
    expect([...changedFiles(original, services(repo.tree))]).toEqual([]);
  });
});
