import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { changedFiles } from '../helpers/tree.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { sampled } from '../helpers/sampled.ts';

const everything = {
  generator: 'add-s2s',
  args: ['--target', 'user', '--protect', 'usersRoutes'],
};
const records = ['services/auth-service/.s2s.json', 'services/user-service/.s2s.json'];

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('record-layout');
});
afterEach(() => {
  deleteGeneratedRepo('record-layout');
});

const check = {
  prettier: ['prettier', '--check', ...records],
  biome: ['biome', 'check', ...records],
};

/** What the formatter of the repository has to say about the records. */
async function complaints(formatter: keyof typeof check): Promise<string> {
  const [file = '', ...args] = check[formatter];
  const { all, exitCode } = await execa(file, args, {
    cwd: repo.root,
    preferLocal: true,
    reject: false,
    all: true,
  });
  return exitCode === 0 ? '' : all;
}

const formatters: readonly [string, keyof typeof check, string, object][] = [
  ['Prettier with 80 columns', 'prettier', '.prettierrc.json', {}],
  ['Prettier with 120 columns', 'prettier', '.prettierrc.json', { printWidth: 120, useTabs: true }],
  ['Prettier that joins objects', 'prettier', '.prettierrc.json', { objectWrap: 'collapse', tabWidth: 4 }],
  ['Biome', 'biome', 'biome.json', {}],
  ['Biome with spaces', 'biome', 'biome.json', { formatter: { indentStyle: 'space', lineWidth: 120 } }],
];

describe.each(sampled(formatters, 1))(
  'the record in a repository with %s',
  (_name, formatter, path, settings) => {
    it('is as the formatter leaves it, and small', async () => {
      repo.remove('.prettierrc.json');
      repo.write(path, JSON.stringify(settings));
      await runCommand(everything, repo.root);
      expect(await complaints(formatter)).toBe('');
      for (const record of records) {
        const text = readFileSync(join(repo.root, record), 'utf8');
        expect(text.split('\n').length - 1).toBeLessThanOrEqual(40);
        expect(text.length).toBeLessThanOrEqual(3_000);
      }
      expect(await planCommand(everything, repo.root)).toMatchObject({ edits: [] });
    });
  },
);

it('undo of a part leaves the record as the formatter does', async () => {
  await runCommand(
    { generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'none'] },
    repo.root,
  );
  const before = repo.tree;
  await runCommand({ generator: 'add-s2s-rate-limit', args: ['--target', 'user'] }, repo.root);
  await runCommand({ generator: 's2s-undo', args: ['--generator', 'add-s2s-rate-limit'] }, repo.root);
  expect([...changedFiles(before, repo.tree).keys()]).toEqual([]);
});
