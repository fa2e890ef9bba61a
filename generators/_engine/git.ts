import { execa } from 'execa';

import type { Edit, Obstacle, Repo } from './contract.ts';
import { hashText } from './hash.ts';
import { readRecord } from './record.ts';

/** git must not run what a repository's own configuration says: neither hooks nor a file-system monitor. */
const inert = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-optional-locks'];

/**
 * One obstacle for each file with uncommitted changes that the edits would touch. A file that still holds what we
 * last wrote is clean; without git, or outside a work tree, nothing is dirty.
 */
export async function findDirty(repo: Repo, edits: readonly Edit[]): Promise<readonly Obstacle[]> {
  const paths = edits.filter((edit) => edit.kind !== 'create').map((edit) => edit.path);
  if (paths.length === 0) return [];
  const { stdout, failed } = await execa(
    'git',
    [...inert, 'status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=no', '--', ...paths],
    { cwd: repo.root, reject: false, stdin: 'ignore', env: { GIT_LITERAL_PATHSPECS: '1' } },
  );
  if (failed) return [];
  const prefix = await prefixInWorkTree(repo.root);
  const dirty = stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.slice(3 + prefix.length));
  const { files } = readRecord(repo);
  return edits
    .filter((edit) => edit.kind !== 'create' && dirty.includes(edit.path))
    .filter((edit) => edit.kind === 'create' || files[edit.path]?.sha256 !== hashText(edit.base))
    .map((edit) => dirtyFile(edit.path));
}

/** Porcelain paths start at the top of the work tree, which may be above our root. */
async function prefixInWorkTree(root: string): Promise<string> {
  const { stdout } = await execa('git', [...inert, 'rev-parse', '--show-prefix'], {
    cwd: root,
    stdin: 'ignore',
  });
  return stdout.trim();
}

function dirtyFile(path: string): Obstacle {
  return {
    code: 'E_DIRTY',
    at: { path },
    message: `${path} has uncommitted changes, and this run would change it.`,
    remedy: 'Commit or stash them, so that the change can be reviewed alone, or pass --allow-dirty.',
  };
}
