import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { LOCKS } from 'package-manager-detector/constants';

import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Edit, Plan } from '../model/plan.ts';
import { kindOfLines, type Role } from '../model/roles.ts';
import { byRepository, changedPaths, dirtyBelow, runGit } from '../record/git.ts';

/** Command lines have an end. */
const pathsAtOnce = 500;

/** One commit of a change. */
interface Part {
  readonly message: string;
  readonly paths: readonly RelPath[];
}

/** A change as commits: `head` is the commit that they follow. */
export interface SplitChange {
  readonly head: string;
  readonly parts: readonly Part[];
}

/** Commits that nothing leads to yet. */
export interface BuiltCommits {
  readonly head: string;
  readonly last: string;
  readonly paths: readonly RelPath[];
}

/** What the commits are about: the generator, its services, and the command that makes the change again. */
type Subject = Readonly<{ generator: string; services: readonly string[]; command: string }>;

/** Plans one commit each for run-time code, wiring and tests. @throws RefusalError E_GIT where git cannot take them */
export async function planCommits(root: string, plan: Plan, subject: Subject): Promise<SplitChange> {
  const head = (await runGit(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']))?.trim();
  if (head === undefined) throw new RefusalError(notCommittable('there is no git repository with a commit'));
  assertNone((await reasonsAgainst(root, plan)).map(notCommittable));
  return { head, parts: partsOf(plan.edits, subject) };
}

async function reasonsAgainst(root: string, { edits, findings = [] }: Plan): Promise<readonly string[]> {
  const paths = edits.map(({ path }) => path);
  const reasons: string[] = [];
  const [changed] = await changedPaths(root);
  if (changed !== undefined) reasons.push(`${changed} has uncommitted changes`);
  const [other] = [...byRepository(root, paths).keys()].filter((folder) => folder !== '');
  if (other !== undefined) reasons.push(`${other} is a git repository of its own`);
  for (const name of ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'REBASE_HEAD'])
    if ((await runGit(root, ['rev-parse', '--verify', '--quiet', name])) !== undefined)
      reasons.push(`git is in the middle of something (${name})`);
  if (findings.some(({ state }) => state === 'conflict')) reasons.push('the change has conflicts to resolve');
  const ignored = await ignoredOf(root, paths);
  if (ignored !== undefined) reasons.push(`git ignores ${ignored}`);
  const filtered = await filteredOf(root, paths);
  if (filtered !== undefined) reasons.push(`git filters ${filtered}`);
  const known = edits.filter(({ kind }) => kind !== 'create').map(({ path }) => path);
  const untracked = other === undefined ? await untrackedOf(root, known) : undefined;
  if (untracked !== undefined) reasons.push(`${untracked} is not tracked by git`);
  if ((await runGit(root, ['var', 'GIT_COMMITTER_IDENT'])) === undefined)
    reasons.push('git does not know your name and e-mail address');
  return reasons;
}

async function ignoredOf(root: string, paths: readonly RelPath[]): Promise<string | undefined> {
  // It knows no literal paths, and `./` leaves them no magic.
  const plain = paths.map((path) => `./${path}`);
  const listed = await runGit(root, ['check-ignore', '--', ...plain], { GIT_LITERAL_PATHSPECS: '0' });
  return listed?.split('\n')[0]?.slice('./'.length);
}

/** The first file that git keeps in another form: what makes it is not run. */
async function filteredOf(root: string, paths: readonly RelPath[]): Promise<string | undefined> {
  const listed = await runGit(root, ['check-attr', '-z', 'filter', '--', ...paths]);
  const parts = (listed ?? '').split('\0');
  const values = parts.filter((_, index) => index % 3 === 2);
  const at = values.findIndex((value) => value !== 'unspecified' && value !== 'unset');
  return at === -1 ? undefined : parts[at * 3];
}

async function untrackedOf(root: string, paths: readonly RelPath[]): Promise<string | undefined> {
  const listed = paths.length === 0 ? '' : await runGit(root, ['ls-files', '-z', '--', ...paths]);
  const tracked = new Set((listed ?? '').split('\0'));
  return paths.find((path) => !tracked.has(path));
}

/**
 * Each commit compiles: a dependency comes with the code that imports it, and what is deleted loses its users first. The
 * record is in the last commit, where all of it is true.
 */
function partsOf(edits: readonly Edit[], { command, generator, services }: Subject): readonly Part[] {
  const isRemoval = edits.some(({ kind, role }) => kind === 'delete' && role !== 'record');
  const order = ['run-time code', 'wiring', 'tests'] as const;
  const files = (isRemoval ? [...order].reverse() : order).map((kind) => {
    const paths = edits.filter(({ role }) => partOf(role) === kind).map(({ path }) => path);
    return { kind, paths };
  });
  const some = files.filter(({ paths }) => paths.length > 0);
  const records = edits.filter(({ role }) => role === 'record').map(({ path }) => path);
  const [first = ''] = services;
  const where = services.length > 2 ? `${String(services.length)} services` : services.join(' and ') || first;
  const messageOf = (kind: string): string =>
    `${generator}: ${kind}${where === '' ? '' : ` of ${where}`}\n\n${command}\n`;
  if (some.length === 0) return [{ message: messageOf('records'), paths: records }];
  return some.map(({ kind, paths }, index) => ({
    message: messageOf(kind),
    paths: index === some.length - 1 ? [...paths, ...records] : paths,
  }));
}

function partOf(role: Role): string {
  return role === 'manifest' ? 'run-time code' : kindOfLines(role);
}

/** Makes the commits of files that are in place, in an index of its own: neither index nor branch of the user changes. */
export async function buildCommits(root: string, { head, parts }: SplitChange): Promise<BuiltCommits> {
  const folder = mkdtempSync(join(tmpdir(), 's2s-index-'));
  const index = { GIT_INDEX_FILE: join(folder, 'index') };
  try {
    let last = head;
    await gitOrRefuse(root, ['read-tree', head], index);
    for (const { message, paths } of parts) {
      await addPaths(root, paths, index);
      const tree = await gitOrRefuse(root, ['write-tree'], index);
      last = await gitOrRefuse(root, ['commit-tree', tree, '-p', last, '-m', message], index);
    }
    return { head, last, paths: parts.flatMap(({ paths }) => paths) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Moves the branch to the commits. False when it has moved meanwhile: then the files are changed and not committed. */
export async function moveBranch(root: string, { head, last, paths }: BuiltCommits): Promise<boolean> {
  const moved = await runGit(root, ['update-ref', '-m', 'commit: plop-pack-s2s --split', 'HEAD', last, head]);
  if (moved === undefined) return false;
  await addPaths(root, paths, {});
  return true;
}

/**
 * Makes the commits anew, with the lockfiles that an install has changed beside the dependencies. False when the branch
 * or one of the files has changed meanwhile: then the lockfiles are not committed.
 */
export async function commitLockfiles(
  root: string,
  split: SplitChange,
  made: BuiltCommits,
): Promise<boolean> {
  const changed = (await dirtyBelow(root, ['.'])).map((path) => toRel(path));
  const locks = changed.filter((path) => Object.hasOwn(LOCKS, basename(path)));
  if (locks.length === 0) return true;
  if (made.paths.some((path) => changed.includes(path))) return false;
  const isOfManifest = ({ paths }: Part): boolean => paths.some((path) => basename(path) === 'package.json');
  const parts = split.parts.map((part) =>
    isOfManifest(part) ? { ...part, paths: [...part.paths, ...locks] } : part,
  );
  const again = await buildCommits(root, { ...split, parts });
  return moveBranch(root, { ...again, head: made.last });
}

type Settings = Readonly<Record<string, string>>;

async function addPaths(root: string, paths: readonly RelPath[], settings: Settings): Promise<void> {
  for (let at = 0; at < paths.length; at += pathsAtOnce)
    await gitOrRefuse(root, ['add', '--all', '--', ...paths.slice(at, at + pathsAtOnce)], settings);
}

async function gitOrRefuse(root: string, args: readonly string[], settings: Settings): Promise<string> {
  const output = await runGit(root, args, settings);
  if (output === undefined) throw new RefusalError(notCommittable(`git ${args[0] ?? ''} failed`));
  return output.trim();
}

function notCommittable(reason: string): Obstacle {
  return {
    code: 'E_GIT',
    message: `--split cannot commit the change: ${reason}.`,
    remedy: 'Correct that, or run the command without --split and commit the files yourself.',
  };
}
