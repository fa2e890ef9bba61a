import { createTwoFilesPatch } from 'diff';

import type { Edit } from './contract.ts';
import { textAfter } from './repo.ts';

/** The plan as one unified diff that `git apply` accepts from the root. */
export function diffOf(edits: readonly Edit[]): string {
  return edits.map(diffOfEdit).join('');
}

function diffOfEdit(edit: Edit): string {
  const before = edit.kind === 'create' ? '' : edit.base;
  const after = textAfter(edit) ?? '';
  const from = edit.kind === 'create' ? '/dev/null' : `a/${edit.path}`;
  const to = edit.kind === 'delete' ? '/dev/null' : `b/${edit.path}`;
  const mode = { create: 'new file mode 100644\n', patch: '', delete: 'deleted file mode 100644\n' }[
    edit.kind
  ];
  const body = createTwoFilesPatch(from, to, before, after, undefined, undefined, { context: 3 });
  // jsdiff puts a ruler and a tab after the names, which git would read as part of them.
  const hunks = body.slice(body.indexOf('--- ')).replace(/^(---|\+\+\+) ([^\t\n]*)\t?[^\n]*$/gm, keepName);
  return `diff --git a/${edit.path} b/${edit.path}\n${mode}${hunks}`;
}

function keepName(line: string, sign: string, name: string): string {
  return name.startsWith('a/') || name.startsWith('b/') || name === '/dev/null' ? `${sign} ${name}` : line;
}
