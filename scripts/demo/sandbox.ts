import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A throw-away git repo with a copy of a fixture in it. */
export type Sandbox = Readonly<{ root: string; git: (...args: string[]) => Promise<string> }>;

/** Copies the fixture to a temporary folder, links the project's node_modules and commits. Removed by `removeSandboxes`. */
export async function openSandbox(project: string, fixture: string): Promise<Sandbox> {
  const root = mkdtempSync(join(tmpdir(), 's2s-demo-'));
  roots.add(root);
  cpSync(join(project, 'fixtures', fixture), root, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  // 'junction' needs no privilege on Windows and is ignored elsewhere.
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'), 'junction');
  const identity = ['-c', 'user.name=demo', '-c', 'user.email=demo@localhost', '-c', 'commit.gpgsign=false'];
  const git = async (...args: string[]): Promise<string> =>
    (await execa('git', [...identity, '-c', 'core.autocrlf=false', ...args], { cwd: root })).stdout;
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'As it was');
  return { root, git };
}

const roots = new Set<string>();

/** Removes every sandbox; synchronous, so that it can run when the process exits. */
export function removeSandboxes(): void {
  for (const root of roots) rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  roots.clear();
}

/** Files that are new since the commit, with their length in lines; the record of the pack stands last. */
export async function listCreatedFiles({ root, git }: Sandbox): Promise<{ path: string; lines: number }[]> {
  const paths = (await git('ls-files', '--others', '--exclude-standard'))
    .split('\n')
    .filter((path) => path !== '');
  return paths
    .sort((a, b) => Number(a.startsWith('.')) - Number(b.startsWith('.')))
    .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length }));
}
