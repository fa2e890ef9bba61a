import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Edit } from '../../../generators/_engine/model/plan.ts';
import { formatEdits } from '../../../generators/_engine/plan/format.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { editTowards } from '../../../generators/_engine/repo/draft.ts';
import { proveEdits } from '../../../generators/_engine/plan/finalize.ts';
import { openRepo, textAfter } from '../../../generators/_engine/repo/repo.ts';

const projectRoot = new URL('../../../', import.meta.url).pathname;
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's2s-format-'));
  mkdirSync(join(root, 'svc'));
  writeFileSync(join(root, 'svc/package.json'), '{}');
  writeFileSync(join(root, '.prettierrc'), '{ "semi": false, "singleQuote": true }');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

async function format(edits: readonly Edit[]): Promise<readonly [readonly string[], readonly string[]]> {
  const group = { dir: toRel('svc'), formatter: 'prettier' as const, edits };
  const formatted = await formatEdits(openRepo(root), [group]);
  return [formatted.edits.map((edit) => textAfter(edit) ?? ''), formatted.notes];
}

function patch(path: string, base: string, next: string): Edit {
  writeFileSync(join(root, path), base);
  const edit = editTowards(openRepo(root), toRel(path), 'registration', next);
  if (edit === undefined) throw new Error('nothing to patch');
  return edit;
}

describe('formatEdits', () => {
  it("runs the project's Prettier on new files and on files that were clean", async () => {
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    const [texts, notes] = await format([
      { kind: 'create', path: toRel('svc/new.ts'), role: 'service-client', text: 'const  a = "x";\n' },
      patch('svc/clean.ts', "const b = 'y'\n", 'const b = \'y\'\nconst c = "z";\n'),
      patch('svc/own-style.ts', 'const  b = "y";\n', 'const  b = "y";\nconst c = "z";\n'),
    ]);
    expect(texts).toEqual([
      "const a = 'x'\n",
      "const b = 'y'\nconst c = 'z'\n",
      'const  b = "y";\nconst c = "z";\n',
    ]);
    expect(notes).toEqual([]);
  });

  it("sorts the imports of generated files as the project's Biome does, and leaves those of other files", async () => {
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    writeFileSync(join(root, 'biome.json'), '{ "organizeImports": { "enabled": true } }');
    const text = 'import { b, A } from "./b.js";\nimport { a } from "../a.js";\n\nuse( a, A, b );\n';
    const create = { kind: 'create', path: toRel('svc/new.ts'), role: 'service-client', text } as const;
    const edits = [create, { ...create, path: toRel('svc/wired.ts'), role: 'registration' } as const];
    const formatted = await formatEdits(openRepo(root), [{ dir: toRel('svc'), formatter: 'biome', edits }]);
    expect(formatted.notes).toEqual([]);
    expect(formatted.edits.map((edit) => textAfter(edit))).toEqual([
      'import { a } from "../a.js";\nimport { A, b } from "./b.js";\n\nuse(a, A, b);\n',
      'import { b, A } from "./b.js";\nimport { a } from "../a.js";\n\nuse(a, A, b);\n',
    ]);
  });

  it('keeps the ranges of a file of the user beside what the formatter made of it', async () => {
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    const edit = patch('svc/clean.ts', "f('y')\n", 'f(\'y\')\ng("z")\n');
    const group = { dir: toRel('svc'), formatter: 'prettier' as const, edits: [edit] };
    const { edits } = await formatEdits(openRepo(root), [group]);
    expect(edits).toEqual([{ ...edit, formatted: "f('y')\ng('z')\n" }]);
    expect(proveEdits(edits)).toEqual([]);
  });

  it('leaves the text as it is and says so when the formatter is not installed', async () => {
    const [texts, notes] = await format([
      { kind: 'create', path: toRel('svc/new.ts'), role: 'service-client', text: 'const  a = "x";\n' },
    ]);
    expect(texts).toEqual(['const  a = "x";\n']);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('Prettier could not format the new code');
  });
});
