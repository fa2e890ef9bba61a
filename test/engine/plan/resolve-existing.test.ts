import { readdirSync, readFileSync } from 'node:fs';

import prettier, { type Options } from 'prettier';
import { describe, expect, it } from 'vitest';

import type { Edit } from '../../../generators/_engine/model/plan.ts';
import type { Repo } from '../../../generators/_engine/model/repo.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { editTowards } from '../../../generators/_engine/repo/draft.ts';
import { isSameCode } from '../../../generators/_engine/record/hash.ts';
import { recordEdits } from '../../../generators/_engine/record/record.ts';
import { recordPathIn } from '../../../generators/_engine/repo/record-text.ts';
import { textAfter } from '../../../generators/_engine/repo/repo.ts';
import { resolveExisting } from '../../../generators/_engine/plan/resolve-existing.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const path = toRel('src/breaker.ts');
const recordPath = recordPathIn(toRel(''));

const otherOptions: readonly Options[] = [
  { printWidth: 60, singleQuote: false, quoteProps: 'consistent' },
  { printWidth: 140, semi: false, arrowParens: 'avoid', trailingComma: 'none', useTabs: true },
];

function repoOf(files: Record<string, string | undefined>): Repo {
  const texts = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return memoryRepo({ 'package.json': '{}', ...Object.fromEntries(texts) });
}

/** The record after `text` was generated into an empty repo. */
function recordOf(text: string): string {
  const edit: Edit = { kind: 'create', path, role: 'circuit-breaker', text };
  const by = { generator: 'add-circuit-breaker', version: '1.0.0', services: [toRel('')], answers: {} };
  return textOf(recordEdits(repoOf({}), [edit], [], by));
}

function textOf([record]: readonly Edit[]): string {
  return record === undefined ? '' : (textAfter(record) ?? '');
}

/** `rebuilt` is the text that the file was generated with, where it can be rendered again. */
async function settle(
  onDisk: string,
  recorded: string | undefined,
  wanted: string,
  { force = false, rebuilt }: { readonly force?: boolean; readonly rebuilt?: string } = {},
): Promise<unknown> {
  const repo = repoOf({ [path]: onDisk, [recordPath]: recorded });
  const edit = editTowards(repo, path, 'circuit-breaker', wanted);
  const rebuild = (): Promise<ReadonlyMap<typeof path, string>> =>
    Promise.resolve(new Map(rebuilt === undefined ? [] : [[path, rebuilt]]));
  const { edits, obstacles } = await resolveExisting(repo, edit === undefined ? [] : [edit], {
    force,
    rebuild,
  });
  return obstacles[0]?.code ?? (edits.length === 0 ? 'left' : 'written');
}

describe('settleExisting', () => {
  it.each([
    ['unedited, nothing new', 'v1\n', recordOf('v1\n'), 'v1\n', 'left'],
    ['unedited, a newer template', 'v1\n', recordOf('v1\n'), 'v2\n', 'written'],
    ['unedited, in another style', "f('a');\n", recordOf("f('a');\n"), 'f(\n  "a",\n)\n', 'left'],
    ['edited, nothing new', 'mine\n', recordOf('v1\n'), 'v1\n', 'left'],
    ['edited, a newer template', 'mine\n', recordOf('v1\n'), 'v2\n', 'E_FILE_EDITED'],
    ['not ours', 'theirs\n', undefined, 'v1\n', 'E_FILE_EXISTS'],
  ])('%s', async (_name, onDisk, recorded, wanted, verdict) => {
    expect(await settle(onDisk, recorded, wanted)).toBe(verdict);
  });

  it('merges what was edited with a newer template where the text of then can be rendered again', async () => {
    const recorded = recordOf('a\nb\nc\n');
    const rebuilt = 'a\nb\nc\n';
    expect(await settle('mine\na\nb\nc\n', recorded, 'a\nb\nd\n', { rebuilt })).toBe('written');
    expect(await settle('a\nb\nmine\n', recorded, 'a\nb\nd\n', { rebuilt })).toBe('E_FILE_EDITED');
    expect(await settle('mine\na\nb\nc\n', recorded, 'a\nb\nd\n')).toBe('E_FILE_EDITED');
  });

  it.each([
    ['a quote in a string', 'f(\'say "a"\');\n', 'f("say \'a\'");\n'],
    ['a space in a string', "f('a b');\n", "f('ab');\n"],
    ['a space in a template', 'f(`a ${b}`);\n', 'f(`a${b}`);\n'],
    ['a line in a template', 'f(`a\n`);\n', 'f(`a`);\n'],
    ['a space in a pattern', 'f(/a b/);\n', 'f(/ab/);\n'],
    ['a parenthesis in a string', "f('a()');\n", "f('a');\n"],
    ['a semicolon in a string', "f('a;b');\n", "f('ab');\n"],
    ['a string that is a template now', "f('a');\n", 'f(`a`);\n'],
    ['a word of a comment', '// one two\nf();\n', '// one\nf();\n'],
    ['words of a comment that are one', '// one two\nf();\n', '// onetwo\nf();\n'],
    ['parentheses that bind', 'f((a + b) * c);\n', 'f(a + b * c);\n'],
    ['parentheses that end a chain', '(a?.b).c;\n', 'a?.b.c;\n'],
    ['a hole in an array', 'f([a, ,]);\n', 'f([a]);\n'],
    ['an empty part of a loop', 'for (; a; ) b();\n', 'for (; ; a) b();\n'],
    ['a call', 'f(a)();\n', 'f(a);\n'],
  ])('brings a template that differs in %s to users', async (_name, before, now) => {
    expect(await settle(before, recordOf(before), now)).toBe('written');
    expect(await settle(now, recordOf(now), before)).toBe('written');
  });

  it.each([
    ['quotes', "f('it\\'s', 'a \"b\"');\n", 'f("it\'s", "a \\"b\\"");\n'],
    ['semicolons', "'use strict';\na();\nclass A { b = 1; }\n", '"use strict"\na()\nclass A { b = 1 }\n'],
    ['trailing commas', 'f<A, B>({ a, b }, [c]);\n', 'f<A, B,>({ a, b, }, [c,],);\n'],
    ['parentheses of an arrow', 'f((a) => a);\n', 'f(a => a);\n'],
    ['redundant parentheses', 'f((a && b) || c);\n', 'f(a && b || c);\n'],
    ['the first bar', "type A = 'a' | 'b';\n", "type A =\n  | 'a'\n  | 'b';\n"],
    ['quoted keys', 'f({ a: 1, "b": 2 });\n', "f({ 'a': 1, b: 2 });\n"],
    ['separators of types', 'interface A { a: 1; b: 2 }\n', 'interface A {\n  a: 1,\n  b: 2,\n}\n'],
    ['wrapping', '// one two\nf(a, b);\n', '// one two\nf(\n  a,\n  b,\n);\n'],
    ['the indentation of a comment', '/**\n * One.\n */\nf();\n', '  /**\n   * One.\n   */\nf();\n'],
    ['how a number is written', 'f(0.5, 0xFF);\n', 'f(.50, 0xff);\n'],
    ['line breaks', 'f(`a\nb`);\n', 'f(`a\r\nb`);\r\n'],
  ])('leaves a file whose formatter chose other %s', async (_name, before, now) => {
    expect(await settle(before, recordOf(before), now)).toBe('left');
    expect(await settle(now, recordOf(now), before)).toBe('left');
  });

  it("knows our own code again after other options of Prettier's", { timeout: 60_000 }, async () => {
    const folder = new URL('../../../generators/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    for (const file of files.filter((_, index) => index % 12 === 0)) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      for (const options of otherOptions) {
        const other = await prettier.format(text, { parser: 'typescript', ...options });
        expect(isSameCode('a.ts', text, other), `${file} ${JSON.stringify(options)}`).toBe(true);
      }
    }
  });

  it('compares data by what it says', () => {
    const sorted = "import a, { type B } from './a.js';\nimport { c, d as e } from 'c';\nuse(a, c, e);\n";
    const split =
      "import { d as e, c } from 'c';\nimport a from './a.js';\nimport type { B } from './a.js';\nuse(a, c, e);\n";
    expect(isSameCode('a.ts', sorted, split)).toBe(true);
    expect(isSameCode('a.ts', sorted, split.replace('d as e', 'e'))).toBe(false);
    expect(isSameCode('a.ts', sorted, split.replace('import type', 'import'))).toBe(false);
    expect(
      isSameCode('a.ts', "import './a.js';\nimport './b.js';\n", "import './b.js';\nimport './a.js';\n"),
    ).toBe(false);
    expect(isSameCode('a.json', '{ "a": 1 }', '{\n  "a": 1\n}\n')).toBe(true);
    expect(isSameCode('a.json', '{ "a": "b c" }', '{ "a": "bc" }')).toBe(false);
    expect(isSameCode('a.yml', 'a:\n  b: 1\nc: 2\n', 'a:\n  b: 1\n  c: 2\n')).toBe(false);
  });

  it('writes over what was edited only with force', async () => {
    expect(await settle('mine\n', recordOf('v1\n'), 'v2\n', { force: true })).toBe('written');
    expect(await settle('theirs\n', undefined, 'v1\n', { force: true })).toBe('written');
  });

  it('never judges files of the user by the record', async () => {
    const repo = repoOf({ [path]: 'a\n' });
    const edit = editTowards(repo, path, 'registration', 'a\nb\n');
    const rebuild = (): Promise<ReadonlyMap<typeof path, string>> => Promise.resolve(new Map());
    const { edits } = await resolveExisting(repo, edit === undefined ? [] : [edit], { rebuild });
    expect(edits).toHaveLength(1);
  });
});

describe('recordEdits', () => {
  it('writes down what a patch put in, byte for byte, after what was put in before', () => {
    const by = { generator: 'g', version: '1.0.0', services: [toRel('')], answers: { with: ['window'] } };
    const patch = (base: string, start: number, text: string): Edit => {
      return { kind: 'patch', path, role: 'registration', base, changes: [{ start, end: start, text }] };
    };
    const first = textOf(recordEdits(repoOf({ [path]: 'a();\n' }), [patch('a();\n', 5, 'bcd();\n')], [], by));
    expect(JSON.parse(first)).toEqual({
      schema: 2,
      version: '1.0.0',
      by: 'g',
      runs: { g: { with: ['window'] } },
      patches: { [path]: 'bcd();\n' },
    });
    const now = 'a();\nbcd();\n';
    const repo = repoOf({ [path]: now, [recordPath]: first });
    const second = textOf(recordEdits(repo, [patch(now, 5, 'efg();\n')], [], by));
    expect(JSON.parse(second)).toMatchObject({ patches: { [path]: ['bcd();\n', 'efg();\n'] } });
  });
});
