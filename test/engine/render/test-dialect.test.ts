import { describe, expect, it } from 'vitest';

import type { TestingFact } from '../../../generators/_engine/model/code-facts.ts';
import { toDialect } from '../../../generators/_engine/render/test-dialect.ts';

const nodeTest: TestingFact = { runner: 'node:test', globals: false, command: '' };
const vitest: TestingFact = { runner: 'vitest', globals: false, command: '' };

const text = `import { createServer } from 'node:http';

import fastify from 'fastify';

import { a } from './a.js';

describe('a', () => {
  beforeAll(start);

  it('works', async () => {
    expect(a(1)).toBe(2);
  });
});
`;

describe('vitest', () => {
  it('imports the names that are used, among the packages', () => {
    expect(toDialect(text, vitest)).toBe(
      text.replace("'fastify';\n", "'fastify';\nimport { beforeAll, describe, expect, it } from 'vitest';\n"),
    );
  });

  it('starts a group of its own between node: and own files', () => {
    const small = "import { x } from 'node:http';\n\nimport { a } from './a.js';\n\ntest('a', a);\n";
    expect(toDialect(small, vitest)).toBe(
      "import { x } from 'node:http';\n\nimport { test } from 'vitest';\n\nimport { a } from './a.js';\n\ntest('a', a);\n",
    );
  });

  it('comes first in a file without imports, below a comment', () => {
    expect(toDialect("// A.\nit('a', b);\n", vitest)).toBe(
      "// A.\nimport { it } from 'vitest';\n\nit('a', b);\n",
    );
  });

  it('imports what it uses from @jest/globals where the compiler does not know them', () => {
    const jest = toDialect(text, { runner: 'jest', globals: false, command: '' });
    expect(jest).toMatch(/import \{ .*\bexpect\b.* \} from '@jest\/globals';/);
  });

  it('is left alone with globals, like jest', () => {
    expect(toDialect(text, { ...vitest, globals: true })).toBe(text);
    expect(toDialect(text, { runner: 'jest', globals: true, command: '' })).toBe(text);
  });
});

describe('node:test', () => {
  it('takes the function after a title that is computed for no time limit', () => {
    const table = "for (const title of ['a', 'b']) it(title, () => undefined);\n";
    expect(toDialect(table, nodeTest)).toBe(`import { it } from 'node:test';\n\n${table}`);
  });

  it('imports assert and the runner, sorted, and renames hooks', () => {
    expect(toDialect(text, nodeTest)).toBe(`import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, describe, it } from 'node:test';

import fastify from 'fastify';

import { a } from './a.js';

describe('a', () => {
  before(start);

  it('works', async () => {
    assert.equal(a(1), 2);
  });
});
`);
  });

  it.each([
    ['expect(a).toEqual({ b: 1 });', 'assert.deepEqual(a, { b: 1 });'],
    ['expect(a.b).toBeUndefined();', 'assert.equal(a.b, undefined);'],
    ['expect(a).toBeLessThan(5);', 'assert.ok(a < 5);'],
    ['expect(a ?? 1).toBeGreaterThanOrEqual(b - 1);', 'assert.ok((a ?? 1) >= (b - 1));'],
    ['expect(a).toMatch(/b/);', 'assert.match(a, /b/);'],
    ['expect(await a()).toContain(b ?? c);', 'assert.ok((await a()).includes(b ?? c));'],
    ['expect(() => { expect(a).toBe(1); }).toThrow(B);', 'assert.throws(() => { assert.equal(a, 1); }, B);'],
    ['await expect(a()).rejects.toMatchObject({ b: 1 });', 'await assert.rejects(a(), { b: 1 });'],
    ['expect(\n  a,\n).toBe(\n  b,\n);', 'assert.equal(a, b);'],
  ])('translates %s', (line, expected) => {
    expect(toDialect(`${line}\n`, nodeTest)).toBe(
      `import assert from 'node:assert/strict';\n\n${expected}\n`,
    );
  });

  it('takes a title with holes for a title', () => {
    expect(
      toDialect('for (const a of b) it(`refuses ${a}`, () => { expect(a).toBe(1); });\n', nodeTest),
    ).toContain('it(`refuses ${a}`, () => { assert.equal(a, 1); });');
  });

  it('moves time limits', () => {
    expect(toDialect("it('a', b, 5_000);\nafterAll(c, 9);\n", nodeTest)).toBe(
      "import { after, it } from 'node:test';\n\nit('a', { timeout: 5_000 }, b);\nafter(c, { timeout: 9 });\n",
    );
  });

  it.each([
    ['expect(a).not.toBe(1);'],
    ['expect(a).toBeTruthy();'],
    ['expect(a).toMatch("b");'],
    ['expect(a).toBe();'],
    ['const b = expect(a).toBe(1);'],
    ['expect(a);'],
  ])('refuses %s', (line) => {
    expect(() => toDialect(line, nodeTest)).toThrow(/no counterpart in node:assert/);
  });

  it('serves services with tap or without a runner', () => {
    for (const runner of ['tap', 'none'] as const) {
      expect(toDialect("it('a', b);\n", { ...nodeTest, runner })).toContain("from 'node:test'");
    }
  });
});
