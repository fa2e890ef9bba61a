import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../helpers/project-root.ts';

/** How often what was done to a scenario, the tree being whole after each. */
export interface Counts {
  /** Calls to the disk of one whole run. */
  operations: number;
  failed: number;
  full: number;
  dead: number;
  killed: number;
  killedTwice: number;
}

interface Row extends Counts {
  readonly fixture: string;
  readonly change: string;
}

const page = join(projectRoot, 'docs/crash-counts.md');
const columns = ['operations', 'failed', 'full', 'dead', 'killed', 'killedTwice'] as const;
const intro = `# Faults injected, and trees whole after each

Written by \`UPDATE_DOCS=1 npm run test:deep\` (\`test/crash\`), a row when its scenario has ended: how many calls to the disk
the change makes; how many of them failed, once each; from how many on the disk stayed full, or dead; before how many
the process was killed, and before how many calls of the recovery that followed. What [safety.md](safety.md) says was
checked after each. What is not listed has not been run.

| fixture | change | calls | failed | full from | dead from | killed at | recovery killed at |
| --- | --- | --: | --: | --: | --: | --: | --: |
`;

/** Prints the counts of one scenario; UPDATE_DOCS=1 puts them into docs/crash-counts.md, beside those of others. */
export function writeCounts(row: Row): void {
  console.info(`Whole after each: ${JSON.stringify(row)}`);
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const rows = [
    ...knownRows().filter((one) => one[0] !== row.fixture || one[1] !== row.change),
    cellsOf(row),
  ];
  rows.sort((a, b) => a.join().localeCompare(b.join()));
  const sums = columns.map((_, at) => String(rows.reduce((sum, cells) => sum + Number(cells[at + 2]), 0)));
  const lines = [...rows, ['all', `${String(rows.length)} changes`, ...sums]];
  writeFileSync(page, `${intro}${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`);
}

function cellsOf(row: Row): readonly string[] {
  return [row.fixture, row.change, ...columns.map((column) => String(row[column]))];
}

function knownRows(): readonly (readonly string[])[] {
  if (!existsSync(page)) return [];
  const cells = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return cells.filter(([fixture]) => !['fixture', '---', 'all'].includes(fixture ?? ''));
}
