/** The scripts of the repository itself, before and after a run: what passed must pass. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import { childEnvironment } from '../../test/helpers/child-environment.ts';
import { runLimitMs } from './limits.ts';

/** Of a package: its tests, its linter, its compiler. Those that watch or write are left out. */
const wanted = /^(?:test|test:unit|unit|lint|lint:check|typecheck|type-check|build)$/;

/** The scripts that succeed in an untouched copy, each within the limit of a run. */
export async function passingScripts(root: string, dir: string): Promise<readonly string[]> {
  const passing: string[] = [];
  for (const name of scriptsIn(join(root, dir))) {
    if ((await failureOf(root, dir, name)) === undefined) passing.push(name);
  }
  return passing;
}

/**
 * One problem for each script that does not succeed any more. Tests that the notes announced as refused (`announced`)
 * become `plainTest` in the copy before a script counts as broken.
 */
export async function brokenScripts(
  root: string,
  dir: string,
  names: readonly string[],
  announced: readonly string[],
  plainTest: string,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const name of names) {
    let failure = await failureOf(root, dir, name);
    if (failure !== undefined && announced.some((path) => existsSync(join(root, path)))) {
      for (const path of announced) writeFileSync(join(root, path), plainTest);
      failure = await failureOf(root, dir, name);
    }
    if (failure !== undefined) problems.push(`npm run ${name} fails now: ${failure}`);
  }
  return problems;
}

function scriptsIn(folder: string): readonly string[] {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return [];
  const { scripts = {} } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly scripts?: Readonly<Record<string, string>>;
  };
  return Object.keys(scripts).filter(
    (name) => wanted.test(name) && !/--fix|--watch|--write/.test(scripts[name] ?? ''),
  );
}

async function failureOf(root: string, dir: string, script: string): Promise<string | undefined> {
  const run = await execa('npm', ['run', script, '--silent'], {
    cwd: join(root, dir),
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: runLimitMs,
    extendEnv: false,
    env: childEnvironment({ CI: '1', NO_COLOR: '1' }),
  });
  if (!run.failed || missesOnlyGlobals(run.all)) return undefined;
  return run.all.slice(-1_500);
}

/** A linter that does not know what every supported Node has, such as `AbortSignal`: its list of globals is too old. */
function missesOnlyGlobals(output: string): boolean {
  const errors = output.split('\n').filter((line) => /^\s*\d+:\d+\s+error\s/.test(line));
  const isKnown = (line: string): boolean => {
    const [, name = ''] = /error\s+'(\w+)' is not defined\s+no-undef\s*$/.exec(line) ?? [];
    return name === 'NodeJS' || Object.hasOwn(globalThis, name);
  };
  return errors.length > 0 && errors.every(isKnown);
}
