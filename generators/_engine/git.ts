import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Edit, Obstacle, Repo } from './contract.ts';
import { hashText } from './hash.ts';
import { readRecord } from './record.ts';

const execute = promisify(execFile);
const maxOutputBytes = 100_000_000;

/** git must not run what a repository's own configuration says: neither hooks nor a file-system monitor. */
const inert = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-optional-locks'];

/**
 * One obstacle for each file with uncommitted changes that the edits would touch. A file that still holds what we
 * last wrote is clean; without git, or outside a work tree, nothing is dirty.
 */
export async function findDirty(repo: Repo, edits: readonly Edit[]): Promise<readonly Obstacle[]> {
  const paths = edits.filter((edit) => edit.kind !== 'create').map((edit) => edit.path);
  if (paths.length === 0) return [];
  const status = ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=no', '--', ...paths];
  const stdout = await runGit(repo.root, status);
  if (stdout === undefined || stdout === '') return [];
  // Porcelain paths start at the top of the work tree, which may be above our root.
  const prefix = (await runGit(repo.root, ['rev-parse', '--show-prefix']))?.trim() ?? '';
  const dirty = new Set(
    stdout
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => line.slice(3 + prefix.length)),
  );
  const { files } = readRecord(repo);
  return edits
    .filter((edit) => edit.kind !== 'create' && dirty.has(edit.path))
    .filter((edit) => edit.kind === 'create' || files[edit.path]?.sha256 !== hashText(edit.base))
    .map((edit) => dirtyFile(edit.path));
}

/** What git prints; undefined when it fails or is not there. */
async function runGit(root: string, args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, GIT_LITERAL_PATHSPECS: '1' };
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

function dirtyFile(path: string): Obstacle {
  return {
    code: 'E_DIRTY',
    at: { path },
    message: `${path} has uncommitted changes, and this run would change it.`,
    remedy: 'Commit or stash them, so that the change can be reviewed alone, or pass --allow-dirty.',
  };
}
