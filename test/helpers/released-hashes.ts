import { join } from 'node:path';

import type { RelPath } from '../../generators/_engine/model/paths.ts';
import type { renderRecorded } from '../../generators/_engine/plan/render-run.ts';
import { hashCode } from '../../generators/_engine/record/hash.ts';
import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { fixtures } from './fixtures.ts';
import { projectRoot } from './project-root.ts';

/** By fixture and path, the hash of each file that a version renders for its services. */
export type Hashes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Renders `add-s2s` on fixtures, by default on all. */
export async function hashesOnFixtures(
  render: typeof renderRecorded,
  names: readonly string[] = Object.keys(fixtures),
): Promise<Hashes> {
  const found: Record<string, Record<string, string>> = {};
  for (const [name, { auth, services }] of Object.entries(fixtures)) {
    if (!names.includes(name)) continue;
    const consumers = services.map(({ dir }) => dir as RelPath).filter((dir) => dir !== auth);
    const run = { id: 'add-s2s', answers: { auth, protect: ['none'] }, services: consumers };
    const wanted = await render(openRepo(join(projectRoot, 'fixtures', name)), run);
    const hashes = wanted.map(({ path, text }) => [path, hashCode(path, text)] as const);
    found[name] = Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return found;
}
