import { describe, expect, it } from 'vitest';

import type { Value } from '../../../generators/_engine/program/evaluate.ts';
import { openSurvey, type Survey } from '../../../generators/_engine/program/survey.ts';
import { surveyHeads } from '../../../generators/_engine/repo/services.ts';
import { ts, walk } from '../../../generators/_engine/syntax/tree.ts';
import { memoryRepo } from '../repo/memory-repo.ts';
import { manifest } from '../facts/service-of.ts';

type Files = Readonly<Record<string, string>>;

function open(files: Files): Survey {
  const repo = memoryRepo({ 'package.json': manifest(), ...files });
  const [head] = surveyHeads(repo);
  if (head === undefined) throw new Error('no service');
  return openSurvey(repo, head);
}

/** The variable `wanted` of src/app.ts. */
function wanted(survey: Survey): ts.Expression {
  let found: ts.Expression | undefined;
  walk(survey.tree('src/app.ts' as never), (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'wanted') found = node.initializer;
    return true;
  });
  if (found === undefined) throw new Error('nothing wanted');
  return found;
}

function valueIn(text: string, files: Files = {}): Value {
  const survey = open({ 'src/app.ts': text, ...files });
  return survey.names.valueOf(wanted(survey), 'src/app.ts' as never);
}

/** The file and the text of what `wanted` is defined as. */
function definitionIn(text: string, files: Files): readonly [string, string] | undefined {
  const survey = open({ 'src/app.ts': text, ...files });
  const name = wanted(survey);
  const found = ts.isIdentifier(name)
    ? survey.names.definitionOf(name, 'src/app.ts' as never)
    : survey.names.value(name, 'src/app.ts' as never);
  return found && [found.file, ts.isSourceFile(found.node) ? 'module' : found.node.getText()];
}

const one = { 'src/one.ts': 'export const one = 1;' } as const;

describe('definitionOf', () => {
  it.each<readonly [string, string, Files]>([
    ['a renamed import', "import { one as uno } from './one.js'; const wanted = uno;", one],
    [
      'a renamed re-export',
      "import { uno } from './all.js'; const wanted = uno;",
      { ...one, 'src/all.ts': "export { one as uno } from './one.js';" },
    ],
    [
      'a star of a star, in a circle',
      "import { one } from './all.js'; const wanted = one;",
      {
        ...one,
        'src/all.ts': "export * from './more.js';",
        'src/more.ts': "export * from './all.js'; export * from './one.js';",
      },
    ],
    [
      'what is imported and exported',
      "import { one } from './all.js'; const wanted = one;",
      { ...one, 'src/all.ts': "import { one } from './one.js'; export { one };" },
    ],
    [
      'an alias of package.json',
      "import { one } from '#src/one.js'; const wanted = one;",
      { ...one, 'package.json': manifest({}, { imports: { '#src/*': './src/*' } }) },
    ],
    [
      'an alias of tsconfig.json',
      "import { one } from '@/one'; const wanted = one;",
      { ...one, 'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }' },
    ],
  ])('follows %s', (_, text, files) => {
    expect(definitionIn(text, files)).toEqual(['src/one.ts', 'one = 1']);
  });

  it.each<readonly [string, string, Files]>([
    [
      'a default import',
      "import build from './build.js'; const wanted = build;",
      { 'src/build.ts': 'export default function build() {}' },
    ],
    [
      '`export =`',
      "import build = require('./build'); const wanted = build;",
      { 'src/build.ts': 'function build() {} export = build;' },
    ],
    [
      'a namespace',
      "import * as all from './build.js'; const wanted = all.build;",
      { 'src/build.ts': 'export function build() {}' },
    ],
    [
      'an exported namespace',
      "import { all } from './all.js'; const wanted = all.build;",
      { 'src/all.ts': "export * as all from './build.js';", 'src/build.ts': 'export function build() {}' },
    ],
    [
      'require',
      "const all = require('./build'); const wanted = all.build;",
      { 'src/build.ts': 'export function build() {}' },
    ],
    [
      'overloads',
      "import { build } from './build.js'; const wanted = build;",
      { 'src/build.ts': 'export function build(a: 1): void;\nexport function build() {}' },
    ],
  ])('follows %s', (_, text, files) => {
    const found = definitionIn(text, files);
    expect(found?.[0]).toBe('src/build.ts');
    expect(found?.[1]).toMatch(/function build\(\) \{\}$/);
  });

  it('is the nearest one', () => {
    const text = "import { one } from './one.js'; function f(one: string) { const wanted = one; }";
    expect(definitionIn(text, one)).toEqual(['src/app.ts', 'one: string']);
  });

  it('is not a type of that name, and nothing for a package', () => {
    expect(
      definitionIn("import { one } from 'one'; interface one {} const wanted = one;", {}),
    ).toBeUndefined();
  });
});

describe('valueOf', () => {
  const text = (value: string): Value => ({ kind: 'text', text: value });
  const number = (value: number): Value => ({ kind: 'number', number: value });
  const unknown = (reason: string): unknown => ({ kind: 'unknown', reason });

  it.each<readonly [string, Value]>([
    ["const wanted = 'a' as const;", text('a')],
    ["const base = '/v1'; const wanted = `${base}/users` satisfies string;", text('/v1/users')],
    ["const port = 3000; const wanted = 'http://user:' + port;", text('http://user:3000')],
    ["const paths = { users: { list: '/u' } } as const; const wanted = paths.users['list'];", text('/u')],
    [
      "const base = { a: '1', b: '2' }; const all = { ...base, a: '3' }; const wanted = all.a + all.b;",
      text('32'),
    ],
    [
      "const { list: { path }, base } = x; const { prefix } = { prefix: '/p' }; const wanted = prefix;",
      text('/p'),
    ],
    ["const { prefix = '/q' } = {}; const wanted = prefix;", text('/q')],
    ["enum Path { Users = '/u' } const wanted = Path.Users;", text('/u')],
    ['enum Port { User = 3000, Billing } const wanted = Port.Billing;', number(3001)],
    ["class Routes { static prefix = '/r'; } const wanted = Routes.prefix;", text('/r')],
    ["class Routes { prefix = '/r'; m() { const wanted = this.prefix; } }", text('/r')],
    ["const wanted = Object.freeze({ a: '1' }).a;", text('1')],
    ["function prefix() { return '/f'; } const wanted = prefix();", text('/f')],
    ["const wanted = flag ? '/same' : '/same';", text('/same')],
    ['const wanted = -1;', number(-1)],
    ["const wanted = process.env.NAME ?? 'y';", { kind: 'env', name: 'NAME', fallback: text('y') }],
    [
      "const { NAME = 'y' } = process.env; const wanted = NAME;",
      { kind: 'env', name: 'NAME', fallback: text('y') },
    ],
    ["const name = process.env['NAME']; const wanted = name;", { kind: 'env', name: 'NAME' }],
  ])('evaluates %s', (source, value) => {
    expect(valueIn(source)).toEqual(value);
  });

  it.each<readonly [string, string]>([
    ["let base = '/a'; base = '/b'; const wanted = base;", 'reassigned'],
    ['function f(base: string) { const wanted = base; }', 'parameter'],
    ["import { base } from 'elsewhere'; const wanted = base;", 'package'],
    ['const a = b; const b = a; const wanted = a;', 'circular'],
    ["const wanted = flag ? '/a' : '/b';", 'not constant'],
    ["const wanted = { a: '1', ...others }.a;", 'not constant'],
  ])('does not guess %s', (source, reason) => {
    expect(valueIn(source)).toEqual(unknown(reason));
  });

  it('ends for texts that grow without an end, and for chains without one', () => {
    const doubled = Array.from(
      { length: 39 },
      (_, n) => `const a${String(n + 1)} = a${String(n)} + a${String(n)};`,
    );
    expect(valueIn(`const a0 = 'aa'; ${doubled.join('')} const wanted = a39;`).kind).toBe('unknown');
    const chain = Array.from({ length: 5000 }, (_, n) => `const a${String(n + 1)} = a${String(n)};`);
    expect(valueIn(`const a0 = 'aa'; ${chain.join('')} const wanted = a5000;`).kind).toBe('unknown');
  });

  it('keeps arrays and objects open to what they hold', () => {
    const value = valueIn("const more = ['b']; const wanted = ['a', ...more];");
    const texts = value.kind === 'array' ? value.elements.map(({ expression }) => expression.getText()) : [];
    expect(texts).toEqual(["'a'", "'b'"]);
  });
});

describe('callsOf', () => {
  it('finds the calls under every name that a function has', () => {
    const survey = open({
      'src/app.ts': 'export default function build() {}\nexport const direct = build();',
      'src/all.ts': "export { default as make } from './app.js';",
      'src/one.ts': "import anything from './app.js'; anything(1);",
      'src/two.ts': "import { make as create } from './all.js'; create(2);",
      'src/three.ts': "import * as all from './all.js'; all.make(3);",
      'src/other.ts': 'function build() {}\nbuild();',
    });
    const node = survey.names.exported('src/app.ts' as never, 'default')?.node;
    if (node === undefined) throw new Error('no function');
    const calls = survey.names.callsOf({ file: 'src/app.ts' as never, node });
    expect(calls.map((call) => `${call.file} ${call.node.getText()}`).sort()).toEqual([
      'src/app.ts build()',
      'src/one.ts anything(1)',
      'src/three.ts all.make(3)',
      'src/two.ts create(2)',
    ]);
  });
});

describe('value', () => {
  it('forgets what it did not find at the end of a chain that is too long', () => {
    const links = Array.from({ length: 90 }, (_, index) => `const c${index + 1} = c${index};`);
    const survey = open({
      'src/app.ts': ['const c0 = 1;', ...links, 'const wanted = [c90, c10];'].join('\n'),
    });
    const list = wanted(survey);
    const found = ts.isArrayLiteralExpression(list)
      ? list.elements.map((one) => survey.names.value(one, 'src/app.ts' as never)?.node.getText())
      : [];
    expect(found).toEqual([undefined, '1']);
  });
});
