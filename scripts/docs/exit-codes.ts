import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { table } from './table.ts';

/** From the docstring of `exitCodeOf`. @throws Error when it does not name every code that the function can give */
export function renderExitCodes(): string {
  const text = readFileSync(join(projectRoot, 'generators/_engine/cli/outcome.ts'), 'utf8');
  const found = /\/\*\* (0 .*?)\. \*\/\nexport function exitCodeOf\(.*\): (.*) \{/.exec(text);
  if (found === null) throw new Error('exitCodeOf has no docstring that lists its codes');
  const [, listed = '', type = ''] = found;
  const rows = listed.split(' · ').map((one) => [one.slice(0, 1), one.slice(2)] as const);
  const codes = rows.map(([code]) => code).join(' | ');
  if (codes !== type) throw new Error(`exitCodeOf gives ${type}, and its docstring names ${codes}`);
  return [
    table(['exit code', 'meaning'], rows),
    'After 1, 2 and 3 nothing has changed. The plop door ends with the same codes.',
  ].join('\n\n');
}
