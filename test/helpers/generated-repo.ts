import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Refusal } from '../../generators/_engine/model/obstacle.ts';
import { readRecord } from '../../generators/_engine/record/record.ts';
import type { S2sRecord } from '../../generators/_engine/record/s2s-record.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { isRecordPath } from './arrange-case.ts';
import type { Command } from './case.ts';
import type { Pack } from './older-pack.ts';
import { materialize } from './materialize.ts';
import { projectRoot } from './project-root.ts';
import { planCommand, runCommand } from './run-command.ts';
import { readTree, type Tree } from './tree.ts';

/** A copy of a fixture that tests change by command lines and by hand. */
export class GeneratedRepo {
  readonly root: string;
  readonly original: Tree;

  constructor(name: string) {
    this.root = materialize(name, { fixture: 'npm-workspaces', args: [] });
    this.original = readTree(this.root);
  }

  get tree(): Tree {
    return readTree(this.root);
  }

  /** `add-s2s --target user`. @throws Error when it is refused */
  async run(line: string, pack?: Pack): Promise<Plan> {
    return runCommand(commandOf(line), this.root, pack);
  }

  async plan(line: string, pack?: Pack): Promise<Plan | Refusal> {
    return planCommand(commandOf(line), this.root, pack);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  /** @throws Error when there is nothing to change */
  edit(path: string, change: (text: string) => string): void {
    const before = this.read(path);
    const after = change(before);
    if (after === before) throw new Error(`Nothing changes in ${path}`);
    this.write(path, after);
  }

  remove(path: string): void {
    rmSync(join(this.root, path));
  }

  /** What the records of all services hold together. */
  get record(): S2sRecord {
    return readRecord(openRepo(this.root));
  }

  /** @throws Error when there is none */
  removeRecords(): void {
    const paths = [...this.tree.keys()].filter(isRecordPath);
    if (paths.length === 0) throw new Error('There is no record');
    for (const path of paths) this.remove(path);
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Cases show what the formatter makes of a plan; here it would only take time. */
function commandOf(line: string): Command {
  const [generator = '', ...args] = line.split(' ');
  return { generator, args: [...args, '--no-format'] };
}

export function deleteGeneratedRepo(name: string): void {
  rmSync(join(projectRoot, '.cases', name), { recursive: true, force: true });
}
