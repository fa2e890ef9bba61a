import { execa } from 'execa';

import type { RelPath } from './contract.ts';

/**
 * The errors that the service's own compiler reports, without line numbers, so that they can be compared before and
 * after a change. Runs `tsc --noEmit` of the project: only for `--check`.
 */
export async function typeErrors(root: string, tsconfig: RelPath): Promise<readonly string[]> {
  const cwd = `${root}/${tsconfig.includes('/') ? tsconfig.slice(0, tsconfig.lastIndexOf('/')) : ''}`;
  const { stdout } = await execa('tsc', ['--noEmit', '--pretty', 'false', '-p', `${root}/${tsconfig}`], {
    cwd,
    preferLocal: true,
    localDir: cwd,
    reject: false,
    stdin: 'ignore',
  });
  return stdout
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map(withoutPlace);
}

/** Errors that are there now and were not before; an error that occurs more often counts once for each. */
export function newErrors(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((error) => {
    const index = left.indexOf(error);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function withoutPlace(line: string): string {
  return line.replace(/\(\d+,\d+\)/, '');
}
