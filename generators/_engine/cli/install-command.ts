import { join } from 'node:path';

import type { AgentName } from 'package-manager-detector';
import { resolveCommand } from 'package-manager-detector/commands';

import { dirnameRel, type RelPath } from '../model/paths.ts';
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

/** What installs the dependencies that a plan adds: one command for each folder whose lockfile rules some of them. */
export function installCommands(root: string, { plan, targets }: Planned): readonly InstallCommand[] {
  const manifests = plan.edits.filter((edit) => edit.role === 'manifest');
  const changed = new Set(manifests.map(({ path }) => dirnameRel(path)));
  const repo = openRepo(root);
  const managers = new Map<RelPath, AgentName>();
  for (const head of targets.filter(({ dir }) => changed.has(dir))) {
    const { packageManager, installRoot } = surveyTooling(repo, head);
    managers.set(installRoot, packageManager);
  }
  return [...managers].flatMap(([installRoot, manager]) => commandIn(root, installRoot, manager));
}

function commandIn(root: string, installRoot: RelPath, manager: AgentName): readonly InstallCommand[] {
  const resolved = resolveCommand(manager, 'install', []);
  if (resolved === null) return [];
  const { args, command } = resolved;
  const enter = installRoot === '' ? [] : [`cd ${installRoot} &&`];
  const text = [...enter, command, ...args].join(' ');
  return [{ file: command, args, cwd: join(root, installRoot), text }];
}
