import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';

import type { Edit } from '../model/plan.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import { hashCode } from './hash.ts';
import { readRecord } from './record.ts';
import type { RecordedFile } from './s2s-record.ts';
import { takeOut } from './take-out.ts';

const execute = promisify(execFile);
const maxOutputBytes = 100_000_000;

/** git must not run what a repository's own configuration says: hooks, a file-system monitor, filters, a transport. */
const inert = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-optional-locks'];

/**
 * One obstacle for each file with uncommitted changes that the edits would touch. A file that still holds what we
 * last wrote is clean; without git, or outside a work tree, nothing is dirty.
 */
export async function findDirty(repo: Repo, edits: readonly Edit[]): Promise<readonly Obstacle[]> {
  const paths = edits.filter((edit) => edit.kind !== 'create').map((edit) => edit.path);
  if (paths.length === 0) return [];
  const dirty = new Set<string>();
  for (const [folder, own] of byRepository(repo.root, paths))
    for (const path of await dirtyBelow(join(repo.root, folder), own)) dirty.add(posix.join(folder, path));
  const { files } = readRecord(repo);
  const changed = edits.flatMap((edit) => (edit.kind !== 'create' && dirty.has(edit.path) ? [edit] : []));
  const changedPaths = changed.map(({ path }) => path);
  const blobs = await readBlobs(repo.root, changedPaths, ['HEAD', ':0']);
  return changed
    .filter(({ base, path }) => !isAsWritten(path, base, files[path], blobs.get(path) ?? []))
    .map(({ path }) => dirtyFile(path));
}

/**
 * Whether a file holds nothing but what we last wrote into it: one of ours has the recorded code, one of the user's is
 * one of these texts without some of our last insertions.
 */
function isAsWritten(
  path: string,
  text: string,
  file: RecordedFile | undefined,
  known: readonly string[],
): boolean {
  if (file === undefined) return false;
  if (file.kind === 'generated') return hashCode(path, text) === file.hash;
  const plain = (one: string): string => one.replace(/^\u{FEFF}/u, '').replaceAll('\r\n', '\n');
  const texts = new Set(known.map(plain));
  const insertions = file.patches.flatMap((patch) => patch.insertions);
  return insertions.some((_, index) => {
    const last = new Set(insertions.slice(index));
    return texts.has(plain(takeOut(path, text, insertions, last).text));
  });
}

/**
 * Paths by the nearest repository around each, below its folder: '' is the root, in a repository or not. Git itself asks
 * the repository of its working directory, and knows nothing of a submodule's files or of a clone in an ignored folder.
 */
export function byRepository(root: string, paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    while (parts.length > 0 && !existsSync(join(root, ...parts, '.git'))) parts.pop();
    const folder = parts.join('/');
    const own = found.get(folder) ?? [];
    found.set(folder, own);
    own.push(folder === '' ? path : path.slice(folder.length + 1));
  }
  return found;
}

/** Tracked files with uncommitted changes, of the paths below a folder or of its whole repository; from its top. */
export async function changedPaths(
  folder: string,
  paths: readonly string[] = [],
): Promise<readonly string[]> {
  const how = ['--porcelain=v1', '-z', '--no-renames', '--untracked-files=no', '--ignore-submodules=all'];
  const settings = await withoutFilters(folder);
  const stdout = await runGit(folder, ['status', ...how, '--', ...paths], settings);
  return (stdout ?? '').split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}

/** Those of the paths below an absolute folder that have uncommitted changes. */
export async function dirtyBelow(folder: string, paths: readonly string[]): Promise<readonly string[]> {
  const changed = await changedPaths(folder, paths);
  if (changed.length === 0) return [];
  // They start at the top of the work tree, which may be above the folder.
  const prefix = (await runGit(folder, ['rev-parse', '--show-prefix']))?.trim() ?? '';
  return changed.map((path) => path.slice(prefix.length));
}

/**
 * Turns every filter off that is configured: git would run it to see whether a file has changed. What a filter keeps in
 * another form counts as changed then, and is refused rather than written.
 */
async function withoutFilters(root: string): Promise<Readonly<Record<string, string>>> {
  const keys = await runGit(root, ['config', '--null', '--name-only', '--get-regexp', '^filter\\.']);
  const named = (keys ?? '').split('\0').filter((key) => key !== '');
  const filters = new Set(named.map((key) => key.slice(0, key.lastIndexOf('.'))));
  const settings = [...filters].flatMap((filter) => [
    ...['clean', 'process', 'smudge'].map((key) => [`${filter}.${key}`, ''] as const),
    [`${filter}.required`, 'false'] as const,
  ]);
  // Not as flags: a name may hold an equals sign.
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${String(index)}`, key],
    [`GIT_CONFIG_VALUE_${String(index)}`, value],
  ]);
  const count = String(settings.length);
  return { GIT_CONFIG_COUNT: count, ...(Object.fromEntries(numbered) as Record<string, string>) };
}

/** Whether git keeps a file below one of these folders; without git, or outside a work tree, it keeps none. */
export async function isTracked(root: string, folders: readonly string[]): Promise<boolean> {
  const listed = await runGit(root, ['ls-files', '-z', '--', ...folders]);
  return listed !== undefined && listed !== '';
}

/** What git prints; undefined when it fails or is not there. */
export async function runGit(
  root: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const env = { ...process.env, GIT_LITERAL_PATHSPECS: '1', GIT_NO_LAZY_FETCH: '1', ...settings };
  try {
    const { stdout } = await execute('git', [...inert, ...args], {
      cwd: root,
      env,
      maxBuffer: maxOutputBytes,
    });
    return stdout;
  } catch {
    return undefined;
  }
}

/** The texts that git has of files in these versions (`HEAD`, `:0`), by path; a version without the file is left out. */
export async function readBlobs(
  root: string,
  paths: readonly string[],
  versions: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const [folder, own] of byRepository(root, paths)) {
    const names = own.flatMap((path) => versions.map((version) => `${version}:./${path}`));
    const blobs = await readObjects(join(root, folder), names);
    for (const [index, path] of own.entries()) {
      const at = index * versions.length;
      const texts = blobs.slice(at, at + versions.length).filter((text) => text !== undefined);
      found.set(posix.join(folder, path), texts);
    }
  }
  return found;
}

async function readObjects(
  folder: string,
  names: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const env = { ...process.env, GIT_NO_LAZY_FETCH: '1' };
  const options = { cwd: folder, env, maxBuffer: maxOutputBytes, encoding: 'buffer' } as const;
  const output = await new Promise<Buffer>((resolve) => {
    const child = execFile('git', [...inert, 'cat-file', '--batch'], options, (_error, stdout) => {
      resolve(stdout);
    });
    // Where there is no git, or no repository, nobody reads.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${names.join('\n')}\n`);
  });
  let at = 0;
  return names.map(() => {
    const end = output.indexOf(10, at);
    const head = / (\w+) (\d+)$/.exec(output.toString('utf8', at, Math.max(end, at)));
    at = end === -1 ? output.length : end + 1;
    if (head === null) return undefined;
    const from = at;
    at += Number(head[2]) + 1;
    return head[1] === 'blob' ? output.toString('utf8', from, at - 1) : undefined;
  });
}

function dirtyFile(path: string): Obstacle {
  return {
    code: 'E_DIRTY',
    at: { path },
    message: `${path} has uncommitted changes, and this run would change it.`,
    remedy: 'Commit or stash them to review the change separately, or pass --allow-dirty.',
  };
}
