import type { Obstacle, RelPath, Repo, ServiceHead, TextChange } from '../_engine/contract.ts';
import { ensureDependency } from '../_engine/edit/ensure-dependency.ts';
import { basenameRel, dirnameRel } from '../_engine/paths.ts';
import type { Hunk } from '../_engine/recorded-patch.ts';
import { isRecord, readManifest } from '../_engine/survey/manifest.ts';
import { openSurvey } from '../_engine/survey/survey.ts';

/** A dependency that goes back in, because code that stays imports it. */
export interface KeptDependency {
  readonly changes: (base: string) => readonly TextChange[] | Obstacle;
  readonly note: string;
}

/** The dependencies that a package.json would lose although the service's other code uses them. */
export function keptDependencies(
  before: Repo,
  after: Repo,
  path: RelPath,
  heads: readonly ServiceHead[],
): readonly KeptDependency[] {
  const [old, now] = [readManifest(before, path), readManifest(after, path)];
  const head = heads.find(({ dir }) => dir === dirnameRel(path));
  if (old === undefined || now === undefined || head === undefined) return [];
  return Object.entries(old.dependencies).flatMap(([name, range]): readonly KeptDependency[] => {
    if (now.dependencies[name] !== undefined) return [];
    const pattern = new RegExp(`(?:from|require\\(|import\\(?)\\s*['"]${escaped(name)}(?:/[^'"]*)?['"]`);
    const script = Object.values(now.scripts).find((text) => text.split(/[\s;&|]+/).includes(name));
    const user = findMention(after, [head], pattern) ?? (script === undefined ? undefined : 'a script');
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
): ReadonlyMap<Hunk, Readonly<{ name: string; path: string }>> {
  const used = new Map<Hunk, Readonly<{ name: string; path: string }>>();
  for (const hunk of hunks) {
    for (const name of variablesOf(hunk)) {
      const path = findMention(repo, heads, new RegExp(`\\b${name}\\b`), except);
      if (path !== undefined) used.set(hunk, { name, path });
    }
  }
  return used;
}

function variablesOf({ lines }: Hunk): readonly string[] {
  const inserted = lines.filter((line) => line.startsWith('+')).join('\n');
  return inserted.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? [];
}

/** A file whose text matches, other than those in `except`; undefined when there is none. */
function findMention(
  repo: Repo,
  heads: readonly ServiceHead[],
  pattern: RegExp,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  for (const head of heads) {
    const survey = openSurvey(repo, head);
    const path = [...survey.files, ...survey.tests].find(
      (one) => !except.has(one) && pattern.test(survey.text(one)),
    );
    if (path !== undefined) return basenameRel(path);
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
