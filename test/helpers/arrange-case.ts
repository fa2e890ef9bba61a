import type { Plan } from '../../generators/_engine/model/plan.ts';
import type { Refusal } from '../../generators/_engine/model/obstacle.ts';
import type { FoundCase } from './find-cases.ts';
import { fixtures, type FixtureService } from './fixtures.ts';
import { materialize } from './materialize.ts';
import { planCommand, runCommand } from './run-command.ts';
import { changedFiles, readTree, type Tree } from './tree.ts';
import { type RenderedFile, traceRenders } from './trace-renders.ts';
import { apply } from '../../plopfile.ts';

/** A case whose generator has run. */
export interface ArrangedCase {
  readonly found: FoundCase;
  /** Absolute path of the folder with the result. */
  readonly root: string;
  /** The fixture, before anything ran on it. */
  readonly original: Tree;
  readonly before: Tree;
  readonly after: Tree;
  readonly planned: Plan | Refusal;
  /** By path: what each planned file was rendered from; those of the user are not in it. */
  readonly rendered: ReadonlyMap<string, RenderedFile>;
}

const arranged = new Map<string, Promise<ArrangedCase>>();

/** Materialises the fixture and runs the case on it, once for all tests that ask for it. */
export function arrangeCase(found: FoundCase): Promise<ArrangedCase> {
  const known = arranged.get(found.id) ?? arrange(found);
  arranged.set(found.id, known);
  return known;
}

async function arrange(found: FoundCase): Promise<ArrangedCase> {
  const root = materialize(found.id, found);
  const original = readTree(root);
  for (const command of found.after ?? []) await runCommand(command, root);
  const before = readTree(root);
  const { result: planned, rendered } = await traceRenders(() => planCommand(found, root));
  if (planned.ok) await apply(planned, root);
  return { found, root, original, before, after: readTree(root), planned, rendered };
}

/** What the generator changed on the disk, without the record. */
export function changesOf({ before, after }: ArrangedCase): ReadonlyMap<string, string | undefined> {
  const changed = new Map(changedFiles(before, after));
  for (const path of changed.keys()) if (isRecordPath(path)) changed.delete(path);
  return changed;
}

/** The services that the generator changed something in. */
export function changedServices(arrangedCase: ArrangedCase): readonly FixtureService[] {
  const { fixture } = arrangedCase.found;
  if (fixture === 'none') return [];
  const paths = [...changesOf(arrangedCase).keys()];
  return fixtures[fixture].services.filter(({ dir }) => paths.some((path) => path.startsWith(`${dir}/`)));
}

/** Whether a file is the record of a package. */
export function isRecordPath(path: string): boolean {
  return path === '.s2s.json' || path.endsWith('/.s2s.json');
}
