import { describe, expect, it } from 'vitest';

import { proveEdit } from '../../../generators/_engine/plan/prove.ts';
import { applyChanges, changesBetween } from '../../../generators/_engine/model/text-change.ts';

function damage(base: string, next: string, path = 'a.ts'): string | undefined {
  return proveEdit(path, base, next, changesBetween(base, next))?.message;
}

describe('a code file', () => {
  it('may grow', () => {
    const base = "#!/usr/bin/env node\n'use strict';\nimport a from 'a'; // why\n\na({ b });\n";
    expect(
      damage(base, base.replace('// why\n', "// why\nimport c from 'c';\n").replace('{ b }', '{ b, c }')),
    ).toBe(undefined);
  });

  it.each([
    ['broken syntax', 'f({\n  a: 1, // c\n});\n', 'f({\n  a: 1,, // c\n});\n', /not parse/],
    [
      'a lost comment',
      "import a from 'a'; // eslint-disable-line\n",
      "import a from 'a';\nimport b from 'b';\n",
      /eslint-disable-line would be lost/,
    ],
    ['a swallowed argument', 'f(a // x\n);\n', 'f(a // x, b\n);\n', /\/\/ x would be lost/],
    [
      'an import above a directive',
      "'use strict';\na();\n",
      "import b from 'b';\n'use strict';\na();\n",
      /preamble/,
    ],
    ['an import above the shebang', '#!/usr/bin/env node\na();\n', "import b from 'b';\na();\n", /preamble/],
    [
      'an import above a licence',
      '/* (c) A */\n\na();\n',
      "import b from 'b';\n/* (c) A */\n\na();\n",
      /preamble/,
    ],
    [
      'an import above @ts-check',
      '// @ts-check\na();\n',
      "import b from 'b';\n// @ts-check\na();\n",
      /preamble/,
    ],
    ['a lost token', 'a(b, c);\n', 'a(b);\n', /would be lost/],
    ['a moved statement', 'a();\nb();\n', 'b();\na();\n', /lost or moved/],
    ['a lost doc comment', '/** A. */\nfunction a() {}\n', 'function a() {}\n', /lost|preamble/],
    ['a changed template', 'a(`x ${b} y`);\n', 'a(`x ${b}  y`);\n', /would be lost/],
  ])('refuses %s', (_, base, next, message) => {
    expect(damage(base, next)).toMatch(message);
  });

  it('tells the line', () => {
    const base = 'a();\nb();\nc();\n';
    const gone = [{ start: 5, end: 10, text: '' }];
    expect(proveEdit('a.ts', base, 'a();\nc();\n', gone)?.at).toEqual({ path: 'a.ts', line: 2 });
  });
});

describe('what is declared and what is written', () => {
  const base = "import a from 'a';\n\nexport function one() {\n  a();\n}\n\na({ x: [1, 2] });\n";
  const at = base.indexOf('\n\nexport');
  const declared = [{ start: at, end: at, text: "\nimport b from 'b';" }];
  const written = applyChanges(base, declared);

  it('are the same', () => {
    expect(proveEdit('a.ts', base, written, declared)).toBe(undefined);
  });

  it.each([
    ['another token', written.replace('a();', 'b();'), /code would be changed/],
    ['a token more', `${written}a();\n`, /code would be changed/],
    ['another string', written.replace("from 'a'", "from 'A'"), /code would be changed/],
    ['a comment more', `${written}// done\n`, /code would be changed/],
    ['an import less', base, /code would be changed/],
    ['an empty line elsewhere', written.replace('  a();', '\n  a();'), /not about/],
    ['another layout elsewhere', written.replace('[1, 2]', '[\n  1, 2]'), /not about/],
    ['other line breaks', written.replaceAll('\n', '\r\n'), /not about/],
    [
      'statements in another order',
      base.replace('  a();\n', '').replace('a({', 'a();\na({'),
      /changed|moved/,
    ],
  ])('never differ in %s', (_, next, message) => {
    expect(proveEdit('a.ts', base, next, declared)).toMatchObject({
      code: 'E_PROOF',
      message: expect.stringMatching(message) as string,
      remedy: expect.stringContaining('--no-format') as string,
    });
  });

  it.each([
    ['the layout of the statement', '{ x: [1, 2], y: 3 }', '{\n  x: [1, 2],\n  "y": 3,\n}'],
    ['quotes of a sibling that a formatter gives', "{ x: [1, 2], 'y-z': 3 }", "{ 'x': [1, 2], 'y-z': 3 }"],
  ])('may differ in %s', (_, next, formatted) => {
    const change = { start: base.indexOf(' });'), end: base.indexOf(' });'), text: '' };
    const grown = [{ ...change, text: next.slice('{ x: [1, 2]'.length, -2) }];
    const result = base.replace('{ x: [1, 2] }', formatted);
    expect(proveEdit('a.ts', base, result, grown)).toBe(undefined);
  });

  it('may differ in where a formatter sorts a new import to', () => {
    const sorted = base.replace("import a from 'a';", "import a from 'a';\nimport b from 'b';");
    const first = [{ start: 0, end: 0, text: "import b from 'b';\n" }];
    expect(proveEdit('a.ts', base, sorted, first)).toBe(undefined);
  });

  it('are compared by place: a copy does not stand for a line that was commented out', () => {
    const [start, end] = [base.indexOf('a({'), base.length - 1];
    const copy = base.slice(start, end);
    const hidden = [
      { start, end: start, text: '/* ' },
      { start: end, end, text: ` */ ${copy}` },
    ];
    expect(proveEdit('a.ts', base, applyChanges(base, hidden), hidden)?.message).toMatch(/lost or moved/);
  });

  it.each([
    ['package.json', '{ "a": 1 }', '{ "a": 1 }\n'],
    ['.env.example', 'A=1\n', 'A=1\nB=2\n'],
    ['compose.yaml', 'a: 1\n', 'a:  1\n'],
  ])('are the same to the letter in %s', (path, old, next) => {
    expect(proveEdit(path, old, next, [])?.message).toMatch(/elsewhere than in what the edit declares/);
  });
});

describe('a JSON file', () => {
  const base = '{ "a": 1, "b": { "c": [1, 2] } }';
  it.each([
    ['{ "a": 1, "b": { "c": [1, 2], "d": 3 }, "e": 4 }', undefined],
    ['{ "a": 1, "b": { "c": [1, 3] } }', /b\.c\.1/],
    ['{ "a": 1, "b": {} }', /b\.c/],
    ['{ "a": 1, "b": { "c": [1, 2] }', /parse/],
    ['{ "a": "1", "b": { "c": [1, 2] } }', /a would change/],
  ])('%s', (next, message) => {
    const found = damage(base, next, 'package.json');
    if (message === undefined) expect(found).toBe(undefined);
    else expect(found).toMatch(message);
  });
});

describe('another file', () => {
  it('may only grow', () => {
    expect(damage('A=1\n', 'A=1\nB=2\n', '.env.example')).toBe(undefined);
    expect(damage('A=1', 'A=1\nB=2', '.env.example')).toBe(undefined);
    expect(damage('A=1\nB=2\n', 'B=2\n', '.env.example')).toMatch(/removed from/);
  });
});
