/**
 * Runs every generator on copies of repositories and tells what became of each: `npm run corpus -- <dir>…`. The
 * repositories stay as they are; what is installed in them is used. A row is one generator on one service, told with what
 * is wrong as soon as it is known; the table comes last, and the whole as JSON with `--json <file>`. `--only <generators>` runs those alone.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { runRepo } from './corpus/run-repo.ts';
import { isWrong, type Row, summaryOf, tableOf } from './corpus/report.ts';

const args = process.argv.slice(2);
const json = takeOption('--json');
const only = takeOption('--only')?.split(',');
if (args.length === 0) throw new Error('Name the folders of the repositories: npm run corpus -- <dir>…');

const rows: Row[] = [];
for (const dir of args)
  rows.push(...(await runRepo(resolve(dir), only, (text) => process.stderr.write(`${text}\n`))));

console.log(tableOf(rows));
console.log(summaryOf(rows));
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, undefined, 2)}\n`);
process.exit(rows.some(isWrong) ? 1 : 0);

function takeOption(name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}
