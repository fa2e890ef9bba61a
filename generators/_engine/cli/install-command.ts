import { join } from 'node:path';

import type { AgentName } from 'package-manager-detector';
import { resolveCommand } from 'package-manager-detector/commands';

import { openRepo } from '../repo/repo.ts';
import type { Planned } from '../plan/run.ts';
import { surveyTooling } from '../facts/tooling.ts';

export interface InstallCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** As a user would type it from the root. */
  readonly text: string;
}

/** What installs the dependencies that a plan adds; undefined when it adds none. */
export function installCommand(root: string, { plan, targets }: Planned): InstallCommand | undefined {
  const manifest = plan.edits.find((edit) => edit.role === 'manifest');
  const head = targets.find(({ dir }) => manifest?.path.startsWith(dir) === true);
  if (head === undefined) return undefined;
  const { packageManager, installRoot } = surveyTooling(openRepo(root), head);
  const command = resolveCommand(packageManager satisfies AgentName, 'install', []);
  if (command === null) return undefined;
  const text = [
    ...(installRoot === '' ? [] : [`cd ${installRoot} &&`]),
    command.command,
    ...command.args,
  ].join(' ');
  return { file: command.command, args: command.args, cwd: join(root, installRoot), text };
}
