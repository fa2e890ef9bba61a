import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Case } from './case.ts';
import { projectRoot } from './project-root.ts';

/**
 * Copies the fixture of a case to `.cases/<id>` and puts the files of the case over it. The copy is inside the
 * project, so that its packages are found by walking up; with a world (a folder of fixtures/_deps; default: the one
 * that deps.json names for the fixture) it gets a link of its own.
 */
export function materialize(id: string, { fixture, files = {} }: Case, world?: string): string {
  const root = join(projectRoot, '.cases', id);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  if (fixture !== 'none') copyFixture(fixture, root, world);
  for (const [path, wanted] of Object.entries(files)) {
    const target = join(root, path);
    if (wanted === undefined) {
      rmSync(target, { recursive: true });
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, typeof wanted === 'string' ? wanted : changed(target, wanted));
    }
  }
  return root;
}

function copyFixture(fixture: string, root: string, wanted: string | undefined): void {
  cpSync(join(projectRoot, 'fixtures', fixture), root, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  const links = JSON.parse(readFileSync(join(projectRoot, 'fixtures/deps.json'), 'utf8')) as Record<
    string,
    string
  >;
  const world = wanted ?? links[fixture];
  if (world === undefined) return;
  const packages = join(projectRoot, 'fixtures/_deps', world, 'node_modules');
  if (!existsSync(packages)) throw new Error(`${packages} is missing: run npm ci at the root of the project`);
  symlinkSync(packages, join(root, 'node_modules'), 'junction');
}

/** A change that finds nothing to change is a mistake of the case. */
function changed(path: string, change: (text: string) => string): string {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`The case changes nothing in ${path}`);
  return after;
}
