import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Ajv } from 'ajv';
import { execa } from 'execa';
import { format } from 'prettier';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { childEnvironment } from '../helpers/child-environment.ts';
import { openRepoCopy } from '../helpers/open-repo-copy.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { isDeep, sampled } from '../helpers/sampled.ts';
import { runCommand } from '../helpers/run-command.ts';
import { documents } from './documents.ts';
import { codeBlocks, type CodeBlock } from './markdown.ts';

interface PageBlock extends CodeBlock {
  readonly page: string;
}

const blocks: readonly PageBlock[] = documents().flatMap((page) => {
  const found = codeBlocks(readFileSync(join(projectRoot, page), 'utf8'));
  return found.filter(({ checkedBy }) => checkedBy === undefined).map((block) => ({ ...block, page }));
});
const of = (...languages: readonly string[]): readonly PageBlock[] =>
  blocks.filter(({ language, page }) => languages.includes(language) && !page.startsWith('fixtures/'));
const copies: string[] = [];

afterAll(() => {
  for (const root of copies) rmSync(root, { recursive: true, force: true });
});

async function copyFixture(name: string): Promise<string> {
  const root = await openRepoCopy(name, 'npm-workspaces');
  copies.push(root);
  return root;
}

describe('every block', () => {
  it('is of a language that is checked, or shows what a program printed', () => {
    const known = ['ts', 'js', 'json', 'yaml', 'sh', 'text', 'console', 'diff', 'mermaid'];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  });
});

describe('TypeScript and JavaScript', () => {
  let problems: readonly string[] = [];

  beforeAll(async () => {
    const root = await copyFixture('docs-blocks');
    const args = ['--target', 'user', '--protect', 'usersRoutes', '--with', 'diagnostics'];
    await runCommand({ generator: 'add-s2s', args }, root);
    const source = ['--target', 'user', '--source', 'static'];
    await runCommand({ generator: 'add-s2s-discovery', args: source }, root);
    const call = ['--target', 'user', '--to', 'billing', '--with', 'diagnostics'];
    await runCommand({ generator: 'add-service-call', args: call }, root);
    problems = compile(join(root, 'services/user-service/src'), of('ts', 'js'));
  });

  it('compiles, as a file of a service that has everything', () => {
    expect(of('ts', 'js').length).toBeGreaterThan(4);
    expect(problems).toEqual([]);
  });
});

describe('JSON and YAML', () => {
  const schema = JSON.parse(readFileSync(join(projectRoot, 'docs/outcome.schema.json'), 'utf8')) as object;
  const validate = new Ajv({ strict: false }).compile(schema);

  it.each(of('json'))('of $page:$line parses, and an outcome fits its schema', ({ text }) => {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if ('schema' in value && 'generator' in value)
      expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(of('yaml'))('of $page:$line parses', async ({ text }) => {
    await expect(format(text, { parser: 'yaml' })).resolves.not.toBe('');
  });
});

describe('commands', () => {
  const pages = [...new Set(of('sh').map(({ page }) => page))];

  // The guide takes a minute: a deep run has it.
  it.each(sampled(isDeep ? pages : pages.filter((page) => page !== 'docs/guide.md'), 1))(
    'of %s run, in their order',
    { timeout: 600_000 },
    async (page) => {
      const root = await copyFixture(`docs-${page.replaceAll(/\W/g, '-')}`);
      linkPrograms(root);
      for (const block of of('sh', 'js', 'ts').filter((one) => one.page === page)) {
        if (block.language === 'sh') await runShell(root, block);
        else writeNamedFile(root, block);
      }
    },
  );
});

/** Gives one line for each error. */
function compile(folder: string, wanted: readonly PageBlock[]): readonly string[] {
  const files = wanted.map(({ page, line, language, text, preamble }) => {
    const file = join(folder, `${page.replaceAll(/\W/g, '-')}-${String(line)}.${language}`);
    writeFileSync(file, `${preamble}\n${text}`);
    return file;
  });
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    allowJs: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(projectRoot, 'node_modules/@types')],
    paths: { 'plop-pack-s2s': [join(projectRoot, 'dist/plopfile.d.ts')] },
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** What a user has after an install: the pack by its name, and the programs for npx. */
function linkPrograms(root: string): void {
  const bin = join(root, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(projectRoot, join(root, 'node_modules/plop-pack-s2s'), 'junction');
  for (const name of ['s2s', 'plop-pack-s2s']) symlinkSync(join(projectRoot, 'dist/cli.js'), join(bin, name));
  for (const name of ['plop', 'tsx', 'vitest']) {
    symlinkSync(join(projectRoot, 'node_modules/.bin', name), join(bin, name));
  }
  chmodSync(join(projectRoot, 'dist/cli.js'), 0o755);
  writeFileSync(join(root, '.git/info/exclude'), 'node_modules\n');
}

/** A block whose first line is a comment with a path is that file. */
function writeNamedFile(root: string, { text }: CodeBlock): void {
  const [, path] = /^\/\/ (\S+\.\w+)\n/u.exec(text) ?? [];
  if (path === undefined) return;
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

async function runShell(root: string, { text, page, line }: PageBlock): Promise<void> {
  const identity = { GIT_AUTHOR_NAME: 'test', GIT_AUTHOR_EMAIL: 'test@localhost' };
  const { exitCode, stderr, stdout } = await execa('bash', ['-euo', 'pipefail', '-c', text], {
    cwd: root,
    stdin: 'ignore',
    reject: false,
    extendEnv: false,
    env: childEnvironment({
      ...identity,
      GIT_COMMITTER_NAME: 'test',
      GIT_COMMITTER_EMAIL: 'test@localhost',
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
    }),
  });
  expect(exitCode, `${page}:${String(line)}\n${stdout}\n${stderr}`).toBe(0);
  expect(existsSync(join(root, '.s2s.journal'))).toBe(false);
}
