import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';
import { planCommand, runCommand } from '../helpers/run-command.ts';
import { changedFiles, readTree, type Tree } from '../helpers/tree.ts';

/** Rules of a plugin of its own: one is about the order of imports, one about code; rules beside them ask for types. */
const config = `import tseslint from 'typescript-eslint';

const imports = {
  meta: { type: 'suggestion', fixable: 'code', schema: [] },
  create: ({ report, sourceCode }) => ({
    Program(program) {
      const found = program.body.filter(({ type }) => type === 'ImportDeclaration');
      const wanted = found.toSorted((a, b) => (a.source.value < b.source.value ? 1 : -1));
      if (wanted.every((one, index) => one === found[index])) return;
      const text = wanted.map((one) => sourceCode.getText(one)).join('\\n');
      const range = [found[0].range[0], found.at(-1).range[1]];
      report({ node: found[0], message: 'order', fix: (fixer) => fixer.replaceTextRange(range, text) });
    },
  }),
};
const named = {
  meta: { type: 'suggestion', fixable: 'code', schema: [] },
  create: ({ report }) => ({
    ThrowStatement(node) {
      report({ node, message: 'loud', fix: (fixer) => fixer.insertTextBefore(node, 'console.error();\\n') });
    },
  }),
};

export default tseslint.config({
  files: ['services/**/*.ts'],
  extends: [tseslint.configs.strictTypeChecked],
  plugins: { own: { rules: { imports, loud: named } } },
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: { curly: 'error', 'own/imports': 'error', 'own/loud': 'warn', '@typescript-eslint/require-await': 'off' },
});
`;
const command = { generator: 'add-service-client', args: ['--target', 'user', '--allow-dirty'] };
const formatting = { ...command, args: [...command.args, '--format'] };

let repo: GeneratedRepo;
let before: Tree;
let plan: Plan;
beforeAll(async () => {
  repo = new GeneratedRepo('eslint-fixes');
  repo.write('eslint.config.js', config);
  before = readTree(repo.root);
  plan = await runCommand(formatting, repo.root);
}, 120_000);
afterAll(() => {
  deleteGeneratedRepo('eslint-fixes');
});

/** The rules of the plugin that complain about files, by path. */
async function complaints(paths: readonly string[]): Promise<readonly string[]> {
  const eslint = new ESLint({ cwd: repo.root, overrideConfigFile: `${repo.root}/eslint.config.js` });
  const results = await eslint.lintFiles(paths.map((path) => `${repo.root}/${path}`));
  return [...new Set(results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId ?? 'fatal')))];
}

describe("the repo's own ESLint", () => {
  it('has nothing to say about imports and braces of generated files, and what it would do to their code is told', async () => {
    const created = plan.edits.filter(({ kind, path }) => kind === 'create' && path.endsWith('.ts'));
    expect(created.length).toBeGreaterThan(5);
    expect(await complaints(created.map(({ path }) => path))).toEqual(['own/loud']);
    expect(plan.notes.join('\n')).toMatch(/ESLint would change the code of new files, .*\(own\/loud\)/);
  });

  it.each([
    ['without permission', command],
    ['with it', formatting],
  ])('leaves nothing for a second run %s', { timeout: 120_000 }, async (_, again) => {
    expect(await planCommand(again, repo.root)).toMatchObject({ ok: true, edits: [] });
  });

  it('does not run without permission', async () => {
    const other = { ...command, args: ['--target', 'billing', '--allow-dirty'] };
    const planned = await planCommand(other, repo.root);
    expect(planned.ok && planned.notes.filter((note) => note.includes('ESLint'))).toEqual([]);
  });

  it('is no drift, and is undone exactly', async () => {
    const status = await planCommand({ generator: 's2s-status', args: [] }, repo.root);
    expect(status.ok && status.findings).toEqual([]);
    await runCommand({ generator: 's2s-undo', args: ['--target', 'user', '--allow-dirty'] }, repo.root);
    expect([...changedFiles(before, readTree(repo.root))]).toEqual([]);
  });
});

describe('an ESLint that cannot be run', () => {
  it('is named, and the files are as they were', async () => {
    repo.write('eslint.config.js', "throw new Error('no such plugin');\n");
    const planned = await planCommand(formatting, repo.root);
    expect(planned.ok && planned.notes.join('\n')).toMatch(
      /ESLint could not fix the new code \(no such plugin/,
    );
    expect(planned.ok && planned.edits.length).toBeGreaterThan(5);
  });
});
