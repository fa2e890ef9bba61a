import type { Obstacle } from '../_engine/model/obstacle.ts';
import { dirnameRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import type { TextChange } from '../_engine/model/text-change.ts';
import { ensureDependency } from '../_engine/edit/ensure-dependency.ts';
import type { Hunk } from '../_engine/record/s2s-record.ts';
import { isRecord, readManifest } from '../_engine/repo/manifest.ts';
import { findReference, importOf, variablesIn } from '../_engine/facts/config/references.ts';

/** A dependency that goes back in, because code that stays imports it. */
export interface KeptDependency {
  readonly changes: (base: string) => readonly TextChange[] | Obstacle;
  readonly note: string;
}

/**
 * The dependencies that a package.json would lose although the service's other code uses them; `notFor` are those that
 * it used before they were added.
 */
export function keptDependencies(
  before: Repo,
  after: Repo,
  path: RelPath,
  heads: readonly ServiceHead[],
  notFor: ReadonlySet<string>,
): readonly KeptDependency[] {
  const [old, now] = [readManifest(before, path), readManifest(after, path)];
  const head = heads.find(({ dir }) => dir === dirnameRel(path));
  if (old === undefined || now === undefined || head === undefined) return [];
  return Object.entries(old.dependencies).flatMap(([name, range]): readonly KeptDependency[] => {
    if (now.dependencies[name] !== undefined || notFor.has(name)) return [];
    const script = Object.values(now.scripts).find((text) => text.split(/[\s;&|]+/).includes(name));
    const user =
      findReference(after, [head], importOf(name)) ?? (script === undefined ? undefined : 'a script');
    if (user === undefined) return [];
    const inDev = isRecord(old.json['devDependencies']) && name in old.json['devDependencies'];
    const section = inDev ? 'devDependencies' : 'dependencies';
    return [
      {
        changes: (base) => ensureDependency(base, { name, range, section }),
        note: `${name} stays in ${path}: ${user} uses it.`,
      },
    ];
  });
}

/** The hunks that list or declare a variable which other code mentions, with its name and a file that does. */
export function usedHunks(
  repo: Repo,
  hunks: readonly Hunk[],
  heads: readonly ServiceHead[],
  except: ReadonlySet<string>,
  notFor: ReadonlySet<string>,
): ReadonlyMap<Hunk, Readonly<{ name: string; path: string }>> {
  const used = new Map<Hunk, Readonly<{ name: string; path: string }>>();
  for (const hunk of hunks) {
    for (const name of variablesOf(hunk)) {
      const path = findReference(repo, heads, new RegExp(`\\b${name}\\b`), except);
      if (path !== undefined && !notFor.has(name)) used.set(hunk, { name, path });
    }
  }
  return used;
}

/** The names that a hunk puts in; a last line that got a line break stands on both sides. */
function variablesOf({ lines }: Hunk): readonly string[] {
  const namesIn = (sign: string): readonly string[] =>
    variablesIn(lines.filter((line) => line.startsWith(sign)).join('\n'));
  const before = new Set(namesIn('-'));
  return namesIn('+').filter((name) => !before.has(name));
}
