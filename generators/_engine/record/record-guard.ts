import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

import { assertNone, type Obstacle } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import { misplaced, type Role } from '../model/roles.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { byRepository, readBlobs, runGit } from './git.ts';
import { readRecord } from './record.ts';
import { findRecords, pathsIn, recordPathIn, valuesOf } from '../repo/record-text.ts';
import { homesOf } from './render-record.ts';

/** Command lines have an end. */
const pathsAtOnce = 500;

/**
 * What is recorded comes with the repository, and may have been written to reach files that do not: those of the user
 * that git does not track, and what a link leads to. @throws RefusalError E_RECORD
 */
export async function assertRecordedPlaces(repo: Repo): Promise<void> {
  const { files } = readRecord(repo);
  const recorded = Object.entries(files).map(([path, file]) => ({
    path,
    real: realOf(repo.root, path),
    role: file.role,
    by: recordPathIn(homesOf(file)[0] ?? toRel('')),
  }));
  const led = recorded.flatMap(({ by, path, real, role }) => {
    const reason = ledAway(repo.root, path, real, role);
    return reason === undefined ? [] : [notRecordable(by, path, reason)];
  });
  const own = await findUntracked(
    repo,
    recorded.filter(({ real }) => existsSync(join(repo.root, real))),
  );
  const untracked = own.map(({ by, path }) =>
    notRecordable(by, path, 'is not tracked by git, but the record that names it is'),
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

/** A file that a record names: as it is written, and where links lead. */
type Named = Readonly<{ path: string; real: string; by: RelPath }>;

/** Files that a committed record names and that are not committed with it. None where there is no git. */
async function findUntracked(repo: Repo, recorded: readonly Named[]): Promise<readonly Named[]> {
  const committed = await committedPaths(repo);
  const asked = recorded.filter(({ path }) => committed(path));
  const tracked = new Set<string>();
  const places = byRepository(
    repo.root,
    asked.map(({ real }) => real),
  );
  for (const [folder, own] of places)
    for (let at = 0; at < own.length; at += pathsAtOnce) {
      const paths = own.slice(at, at + pathsAtOnce);
      const listed = await runGit(join(repo.root, folder), ['ls-files', '-z', '--', ...paths]);
      for (const path of (listed ?? '').split('\0')) tracked.add(posix.join(folder, path));
    }
  return asked.filter(({ real }) => !tracked.has(real));
}

/** Whether a record of the last commit, of the index or of a merge that is under way names a path. */
async function committedPaths(repo: Repo): Promise<(path: string) => boolean> {
  const records = findRecords(repo);
  const versions = ['HEAD', ':0', ':2', ':3'];
  const paths = records.map(({ path }) => path);
  const blobs = await readBlobs(repo.root, paths, versions);
  const known = new Set<string>();
  let isUnknown = false;
  for (const { dir, path } of records) {
    try {
      const values = (blobs.get(path) ?? []).flatMap(valuesOf);
      for (const named of values.flatMap((value) => pathsIn(value, dir))) known.add(named);
    } catch {
      isUnknown = true;
    }
  }
  return (path) => isUnknown || known.has(path);
}

function notRecordable(by: RelPath, path: string, reason: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: by },
    message: `${by} speaks of ${JSON.stringify(path)}, which ${reason}.`,
    remedy: `Restore ${by} from a trusted commit, or remove that entry. If you generated the file, commit it.`,
  };
}
