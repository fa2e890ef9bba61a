import { surveyModules } from '../facts/style/place-file.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { dirnameRel, type RelPath } from '../model/paths.ts';
import type { ServiceHead } from '../model/service.ts';
import { firstLine } from '../model/text-change.ts';
import { openRepo } from '../repo/repo.ts';

/** Type-checks services now and returns the comparison to run after the write. Both @throws RefusalError E_CHECK */
export async function compareTypes(
  root: string,
  heads: readonly ServiceHead[],
): Promise<(stopped: AbortSignal) => Promise<void>> {
  const repo = openRepo(root);
  const tsconfigs = heads
    .map((head) => surveyModules(repo, head).tsconfig)
    .filter((path) => path !== undefined);
  const before = new Map<RelPath, readonly string[]>();
  for (const tsconfig of tsconfigs) before.set(tsconfig, await typeErrors(root, tsconfig));
  return async (stopped) => {
    for (const [tsconfig, errors] of before) {
      const worse = newErrors(errors, await typeErrors(root, tsconfig, stopped));
      if (worse.length > 0) throw new RefusalError(checkFailed(tsconfig, worse));
    }
  };
}

/**
 * The errors that the service's own compiler reports, as far as they can be compared before and after a change. Runs
 * `tsc --noEmit` of the project: only for `--check`. @throws RefusalError E_CHECK when it cannot be run
 */
export async function typeErrors(
  root: string,
  tsconfig: RelPath,
  stopped?: AbortSignal,
): Promise<readonly string[]> {
  const cwd = `${root}/${dirnameRel(tsconfig)}`;
  const { execa } = await import('execa');
  const { stdout, stderr, failed, code, signal } = await execa(
    'tsc',
    ['--noEmit', '--pretty', 'false', '-p', `${root}/${tsconfig}`],
    {
      cwd,
      preferLocal: true,
      localDir: cwd,
      reject: false,
      stdin: 'ignore',
      ...(stopped && { cancelSignal: stopped }),
    },
  );
  if (code === 'ENOENT') throw new RefusalError(notChecked(tsconfig, 'it is not installed'));
  const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
  if (failed && errors.length === 0) {
    throw new RefusalError(notChecked(tsconfig, signal ?? firstLine(`${stderr}\n${stdout}`)));
  }
  return errors.map(withoutPlace);
}

function notChecked(tsconfig: RelPath, reason: string): Obstacle {
  return {
    code: 'E_CHECK',
    at: { path: tsconfig },
    message: `The type check failed because tsc does not run (${reason}). Nothing was changed.`,
    remedy: 'Install the packages of the service, or run the command without --check.',
  };
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

/**
 * The part of a message that a change elsewhere leaves alone: no place, no printed types, which get members, and no
 * guess at what was meant (a guess has a code of its own: TS2551 instead of TS2339).
 */
function withoutPlace(line: string): string {
  return line
    .replace(/\(\d+,\d+\)/, '')
    .replace(/ Did you mean .*$/, '')
    .replace(/error TS(?:2551|2339):/, 'error TS2339:')
    .replace(/'[^']{40,}'/g, "'…'")
    .replace(/'\{ .*$/, "'…'.");
}

/** The obstacle of `--check` for new errors. */
function checkFailed(tsconfig: RelPath, errors: readonly string[]): Obstacle {
  return {
    code: 'E_CHECK',
    at: { path: tsconfig },
    message: `The type check has new errors. Everything was rolled back:\n${errors.slice(0, 10).join('\n')}`,
    remedy: missingPackages(errors) ?? 'Run without --check to see the code, and please report the mismatch.',
  };
}

/** A package that the change brings is not there to be checked against until it is installed. */
function missingPackages(errors: readonly string[]): string | undefined {
  const named = errors.flatMap(
    (error) => /TS(?:2307|7016): [^']*'((?:@[\w-]+\/)?[\w-][\w.-]*)/.exec(error)?.[1] ?? [],
  );
  if (named.length === 0) return undefined;
  const packages = [...new Set(named)].join(' ');
  return `Install the missing packages in the service (${packages}) and run the command again, or run it without --check and type-check after the installation.`;
}
