import { describe, expect, it } from 'vitest';

import { proveEdit } from '../../../generators/_engine/plan/prove.ts';
import { changesBetween } from '../../../generators/_engine/model/text-change.ts';

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

  it('refuses a change that was not declared', () => {
    const [base, next] = ['a();\r\nb();\r\n', "import c from 'c';\r\na();\nb();\r\n"];
    const declared = [{ start: 0, end: 0, text: "import c from 'c';\r\n" }];
    expect(proveEdit('a.ts', base, next, declared)).toMatchObject({
      code: 'E_PROOF',
      at: { path: 'a.ts', line: 1 },
      remedy: expect.stringContaining('by hand') as string,
    });
  });

  it('tells the line', () => {
    const base = 'a();\nb();\nc();\n';
    expect(proveEdit('a.ts', base, 'a();\nc();\n', [])?.at).toEqual({ path: 'a.ts', line: 2 });
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
