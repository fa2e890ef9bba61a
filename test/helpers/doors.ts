import { join } from 'node:path';

import { execa } from 'execa';

import { childEnvironment } from './child-environment.ts';
import { projectRoot } from './project-root.ts';

export interface DoorRun {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** It hung, and was killed after 30 s. */
  readonly timedOut: boolean;
}

/** The real plop binary with the built plopfile. */
export function runPlop(root: string, ...args: readonly string[]): Promise<DoorRun> {
  const plop = join(projectRoot, 'node_modules/plop/bin/plop.js');
  return run(root, [plop, '--plopfile', join(projectRoot, 'dist/plopfile.js'), '--dest', root, ...args]);
}

/** The built bin, in a working directory. */
export function runBin(folder: string, ...args: readonly string[]): Promise<DoorRun> {
  return run(folder, [join(projectRoot, 'dist/cli.js'), ...args]);
}

/** The same with more variables. */
export function runBinWith(
  env: Readonly<Record<string, string>>,
  folder: string,
  ...args: readonly string[]
): Promise<DoorRun> {
  return run(folder, [join(projectRoot, 'dist/cli.js'), ...args], env);
}

/** Runs node without a terminal: standard input is empty and closed. */
export async function run(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<DoorRun> {
  const result = await execa(process.execPath, [...args], {
    cwd: folder,
    stdin: 'ignore',
    reject: false,
    timeout: 30_000,
    stripFinalNewline: false,
    extendEnv: false,
    env: childEnvironment({ NO_COLOR: '1', ...env }),
  });
  return {
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
    timedOut: result.timedOut,
  };
}
