import { createTwoFilesPatch, diffLines } from 'diff';

import type { Edit } from '../model/plan.ts';
import { textAfter } from '../repo/repo.ts';

/** The plan as one unified diff that `git apply` accepts from the root. */
export function diffOf(edits: readonly Edit[]): string {
  return edits.map(diffOfEdit).join('');
}

/** Lines that an edit adds and removes. */
export function countLines(edit: Edit): Readonly<{ added: number; removed: number }> {
  const [before, after] = [edit.kind === 'create' ? '' : edit.base, textAfter(edit) ?? ''];
  const count = (part: 'added' | 'removed'): number =>
    parts.filter((one) => one[part]).reduce((sum, one) => sum + one.count, 0);
  const parts = diffLines(before, after);
  return { added: count('added'), removed: count('removed') };
}

function diffOfEdit(edit: Edit): string {
  const head = `diff --git a/${edit.path} b/${edit.path}\n`;
  if (edit.kind === 'create')
    return `${head}new file mode 100644\n--- /dev/null\n+++ b/${edit.path}\n${wholeHunk('+', edit.text)}`;
  if (edit.kind === 'delete')
    return `${head}deleted file mode 100644\n--- a/${edit.path}\n+++ /dev/null\n${wholeHunk('-', edit.base)}`;
  return head + patchOf(`a/${edit.path}`, `b/${edit.path}`, edit.base, textAfter(edit) ?? '');
}

/** Every line of a file on one side: there is nothing to compare. */
function wholeHunk(sign: '+' | '-', text: string): string {
  if (text === '') return '';
  const body = text.replace(/\n$/, '');
  const count = body.split('\n').length;
  const range = count === 1 ? '1' : `1,${String(count)}`;
  const ranges = sign === '+' ? `-0,0 +${range}` : `-${range} +0,0`;
  const end = text.endsWith('\n') ? '' : '\\ No newline at end of file\n';
  return `@@ ${ranges} @@\n${sign}${body.replaceAll('\n', `\n${sign}`)}\n${end}`;
}

function patchOf(from: string, to: string, before: string, after: string): string {
  const body = createTwoFilesPatch(from, to, before, after, undefined, undefined, { context: 3 });
  // jsdiff puts a ruler and a tab after the names, which git would read as part of them.
  return body.slice(body.indexOf('--- ')).replace(/^(---|\+\+\+) ([^\t\n]*)\t?[^\n]*$/gm, keepName);
}

function keepName(line: string, sign: string, name: string): string {
  return name.startsWith('a/') || name.startsWith('b/') || name === '/dev/null' ? `${sign} ${name}` : line;
}
