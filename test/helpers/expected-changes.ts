import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { createTwoFilesPatch } from 'diff';

import { type ArrangedCase, changesOf } from './arrange-case.ts';
import type { FoundCase } from './find-cases.ts';
import { differingValues, readGolden } from './goldens.ts';

/** What a case alone decides, as it is kept beside `case.ts`. */
export interface ExpectedChanges {
  /** The unified diff of the files that come from no template, byte for byte (latin1). */
  readonly diff: string;
  /** One line for each file that does: `path <- template {values that its golden has otherwise}`. */
  readonly generated: string;
}

/** What the generator has made of the case. */
export function describeChanges(arranged: ArrangedCase): ExpectedChanges {
  const diffs: string[] = [];
  const lines: string[] = [];
  for (const [path, text] of [...changesOf(arranged)].sort(byPath)) {
    const rendered = arranged.rendered.get(path);
    if (rendered === undefined || text === undefined) {
      diffs.push(diffOf(path, arranged.before.get(path), text));
      continue;
    }
    const values = differingValues(readGolden(rendered.template), rendered.view);
    const shown = Object.keys(values).length === 0 ? '' : ` ${JSON.stringify(values)}`;
    lines.push(`${path} <- ${rendered.template}${shown}\n`);
  }
  return { diff: diffs.join(''), generated: lines.join('') };
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function diffOf(path: string, before: string | undefined, after: string | undefined): string {
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const to = after === undefined ? '/dev/null' : `b/${path}`;
  const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', '', '', { context: 1 });
  return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (.*?)\t?$/gm, '$1 $2');
}

/** What is kept; empty texts where nothing is. */
export function readExpected({ folder }: FoundCase): ExpectedChanges {
  return {
    diff: readOrEmpty(join(folder, 'changes.diff')),
    generated: readOrEmpty(join(folder, 'generated.txt')),
  };
}

function readOrEmpty(file: string): string {
  return existsSync(file) ? readFileSync(file, 'latin1') : '';
}

/** Makes what is kept what the generator has made: to be read as a diff before it is committed. */
export function updateExpected(arranged: ArrangedCase): void {
  const { folder, wholeFiles } = arranged.found;
  for (const name of ['expected', 'changes.diff', 'generated.txt'])
    rmSync(join(folder, name), { recursive: true, force: true });
  if (wholeFiles === true) {
    for (const [path, text] of changesOf(arranged)) write(join(folder, 'expected', path), text);
    return;
  }
  const { diff, generated } = describeChanges(arranged);
  if (diff !== '') write(join(folder, 'changes.diff'), diff);
  if (generated !== '') write(join(folder, 'generated.txt'), generated);
}

function write(file: string, text: string | undefined): void {
  if (text === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, 'latin1');
}
