import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Edit } from '../../../generators/_engine/model/plan.ts';
import { diffOf } from '../../../generators/_engine/plan/diff.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { textAfter } from '../../../generators/_engine/repo/repo.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's2s-diff-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const tricky = '--- a rule\n+++ another\nconst a = 1;\r\nlast line without end';
const edits: readonly Edit[] = [
  { kind: 'create', path: toRel('src/new file.ts'), role: 'service-client', text: 'one\n--- two\n' },
  { kind: 'create', path: toRel('no-end.ts'), role: 'service-client', text: 'no final newline' },
  {
    kind: 'patch',
    path: toRel('src/a.ts'),
    role: 'registration',
    base: tricky,
    changes: [
      { start: 0, end: 0, text: 'import x;\n' },
      { start: tricky.length, end: tricky.length, text: '\r\nmore' },
    ],
  },
  { kind: 'delete', path: toRel('gone.ts'), role: 'unit-test', base: 'gone\n' },
];

describe('diffOf', () => {
  it('is a diff that git apply turns into exactly what the plan writes', async () => {
    for (const edit of edits) {
      if (edit.kind === 'create') continue;
      mkdirSync(dirname(join(root, edit.path)), { recursive: true });
      writeFileSync(join(root, edit.path), edit.base);
    }
    await execa('git', ['init', '-q'], { cwd: root });
    await execa('git', ['apply', '--whitespace=nowarn', '-'], { cwd: root, input: diffOf(edits) });
    for (const edit of edits) {
      const text = textAfter(edit);
      if (text === undefined) expect(() => readFileSync(join(root, edit.path))).toThrow('ENOENT');
      else expect(readFileSync(join(root, edit.path), 'utf8')).toBe(text);
    }
  });
});
