import { join } from 'node:path';
import { execa } from 'execa';
import { printCommand, printCreated, printDiff, printNote } from './print.ts';
import { listCreatedFiles, type Sandbox } from './sandbox.ts';
import { assertStep } from './step-failure.ts';

/** Runs one generator through the plop binary in the sandbox. @throws StepFailure with its output when it fails */
export async function runGenerator(
  project: string,
  sandbox: Sandbox,
  ...args: readonly string[]
): Promise<void> {
  printCommand(`plop ${args.join(' ')}`);
  const plopfile = join(project, 'dist', 'plopfile.js');
  const run = await execa('plop', ['--plopfile', plopfile, '--dest', sandbox.root, ...args], {
    cwd: sandbox.root,
    preferLocal: true,
    localDir: project,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  assertStep(run.exitCode === 0, `plop ended with exit code ${String(run.exitCode)}:\n${run.all}`);
}

/** Prints what the generators changed in the sandbox. @throws StepFailure when that is nothing */
export async function showChanges(sandbox: Sandbox): Promise<void> {
  const diff = await sandbox.git('diff', '--unified=1', '--no-color', '--no-ext-diff');
  const created = await listCreatedFiles(sandbox);
  assertStep(diff !== '' && created.length > 0, 'the generators changed nothing');
  printNote('What changed in the files that were there:');
  printDiff(diff);
  printNote('What is new, your own code from now on:');
  printCreated(created);
}
