import type { RelPath } from '../../../generators/_engine/model/paths.ts';
import type { Entry, Repo } from '../../../generators/_engine/model/repo.ts';

/** A Repo over texts in memory, by path below the root; folders are those that hold a file. */
export function memoryRepo(files: Readonly<Record<string, string>>, root = '/memory'): Repo {
  const texts = new Map(Object.entries(files));
  const repo: Repo = {
    root,
    get origin() {
      return repo;
    },
    read: (path) => texts.get(path),
    list: (path) => listEntries([...texts.keys()], path),
    since: () => repo,
  };
  return repo;
}

function listEntries(paths: readonly string[], dir: RelPath): readonly Entry[] {
  const prefix = dir === '' ? '' : `${dir}/`;
  const entries = new Map<string, Entry>();
  for (const path of paths) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...below] = path.slice(prefix.length).split('/');
    entries.set(name, { name, kind: below.length > 0 ? 'directory' : 'file' });
  }
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
