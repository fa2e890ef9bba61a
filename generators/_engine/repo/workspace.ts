import { isUnprintable, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Entry, Repo } from '../model/repo.ts';

const maxDepth = 6;
const maxEntries = 1_000_000;
const skipped = new Set(['node_modules', 'dist', 'build', 'coverage', 'out', 'vendor']);

/** A folder that holds neither dependencies nor output, and is not hidden. */
export function isSourceFolder({ kind, name }: Entry): boolean {
  return kind === 'directory' && !skipped.has(name) && !name.startsWith('.');
}

/**
 * Every package.json of the repo, nearest to the root first. Looks at the folders themselves, not at the
 * `workspaces` field: plain folders of packages count too. At most 6 levels and a million entries are looked at.
 */
export function findManifestPaths(repo: Repo): readonly RelPath[] {
  const found: RelPath[] = [];
  let level: readonly RelPath[] = [toRel('')];
  let seen = 0;
  for (let depth = 0; depth <= maxDepth && level.length > 0; depth += 1) {
    const next: RelPath[] = [];
    for (const dir of level) {
      const entries = repo.list(dir);
      seen += entries.length;
      if (seen > maxEntries) return found;
      if (entries.some(({ kind, name }) => kind === 'file' && name === 'package.json')) {
        found.push(joinRel(dir, 'package.json'));
      }
      // What is in a folder whose name cannot be printed is nobody's service; one that is, is missed by name.
      const folders = entries.filter((entry) => isSourceFolder(entry) && !isUnprintable(entry.name));
      next.push(...folders.map(({ name }) => joinRel(dir, name)));
    }
    level = next;
  }
  return found;
}
