import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

import { assertNone, type Obstacle } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import type { Role } from '../model/roles.ts';
import { byRepository, runGit } from './git.ts';
import { misplaced } from '../model/places.ts';
import { readRecord } from './record.ts';
import { recordPath, valuesOf } from '../repo/record-text.ts';

/** Command lines have an end. */
const pathsAtOnce = 500;

/**
 * What is recorded comes with the repository, and may have been written to reach files that do not: those of the user
 * that git does not track, and what a link leads to. @throws RefusalError E_RECORD
 */
export async function assertRecordedPlaces(repo: Repo): Promise<void> {
  const { files } = readRecord(repo);
  const recorded = Object.entries(files).map(([path, { role }]) => ({
    path,
    real: realOf(repo.root, path),
    role,
  }));
  const led = recorded.flatMap(({ path, real, role }) => {
    const reason = ledAway(repo.root, path, real, role);
    return reason === undefined ? [] : [notRecordable(path, reason)];
  });
  const own = await findUntracked(
    repo.root,
    recorded.filter(({ real }) => existsSync(join(repo.root, real))),
  );
  const untracked = own.map((path) =>
    notRecordable(path, 'is not tracked by git, but the record that names it is'),
  );
  assertNone([...led, ...untracked]);
}

/** Where a path leads, relative to the root; of what is not there, its folder does. */
function realOf(root: string, path: string): string {
  let nearest = join(root, path);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  const rest = relative(nearest, join(root, path));
  return relative(root, join(realpathSync.native(nearest), rest))
    .split(sep)
    .join('/');
}

function ledAway(root: string, path: string, real: string, role: Role): string | undefined {
  if (real === path) return undefined;
  if (real.startsWith('..')) return 'leads out of the repository';
  const reason = misplaced(real, role);
  if (reason !== undefined) return `leads to ${JSON.stringify(real)}, which ${reason}`;
  const home = packageOf(root, path);
  const isShared = role === 'env' || role === 'compose';
  return isShared || home === '' || real.startsWith(`${home}/`) ? undefined : 'leads out of its package';
}

/** The nearest folder around a path that has a package.json; '' for the root. */
function packageOf(root: string, path: string): string {
  const parts = path.split('/').slice(0, -1);
  while (parts.length > 0 && !existsSync(join(root, ...parts, 'package.json'))) parts.pop();
  return parts.join('/');
}

/** Files that a committed record speaks of and that are not committed with it. None where there is no git. */
async function findUntracked(
  root: string,
  recorded: readonly Readonly<{ path: string; real: string }>[],
): Promise<readonly string[]> {
  const committed = await committedPaths(root);
  const asked = recorded.filter(({ path }) => committed(path));
  const tracked = new Set<string>();
  const places = byRepository(
    root,
    asked.map(({ real }) => real),
  );
  for (const [folder, own] of places)
    for (let at = 0; at < own.length; at += pathsAtOnce) {
      const paths = own.slice(at, at + pathsAtOnce);
      const listed = await runGit(join(root, folder), ['ls-files', '-z', '--', ...paths]);
      for (const path of (listed ?? '').split('\0')) tracked.add(posix.join(folder, path));
    }
  return asked.filter(({ real }) => !tracked.has(real)).map(({ path }) => path);
}

/** Whether the record of the last commit, of the index or of a merge that is under way speaks of a path. */
async function committedPaths(root: string): Promise<(path: string) => boolean> {
  const known = new Set<string>();
  let isUnknown = false;
  for (const version of ['HEAD', ':0', ':2', ':3']) {
    const text = await runGit(root, ['cat-file', 'blob', `${version}:./${recordPath}`]);
    if (text === undefined) continue;
    try {
      for (const value of valuesOf(text)) {
        const { files } = value as Readonly<{ files?: object }>;
        for (const path of Object.keys(files ?? {})) known.add(path);
      }
    } catch {
      isUnknown = true;
    }
  }
  return (path) => isUnknown || known.has(path);
}

function notRecordable(path: string, reason: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: recordPath },
    message: `${recordPath} speaks of ${JSON.stringify(path)}, which ${reason}.`,
    remedy: `Restore ${recordPath} from a trusted commit, or remove that entry. If you generated the file, commit it.`,
  };
}
