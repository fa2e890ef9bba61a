import type { Edit } from '../model/edit.ts';
import type { Obstacle } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import { joinRel } from '../model/paths.ts';

/**
 * What is in the way of a new file: a folder of its name, or, on a disk that does not tell case apart, a file or folder
 * whose name differs from one on its path in nothing but case.
 */
export function findTwin(repo: Repo, edit: Edit): Obstacle | undefined {
  if (edit.kind !== 'create') return undefined;
  const parts = edit.path.split('/');
  for (const [index, name] of parts.entries()) {
    const folder = joinRel(...parts.slice(0, index));
    const alike = repo.list(folder).filter((entry) => entry.name.toLowerCase() === name.toLowerCase());
    const same = alike.find((entry) => entry.name === name);
    if (same !== undefined && index < parts.length - 1) continue;
    const [twin = same] = alike.filter((entry) => entry !== same);
    if (twin === undefined) return undefined;
    return inTheWay(joinRel(folder, twin.name), twin.name, name);
  }
  return undefined;
}

function inTheWay(path: string, twin: string, name: string): Obstacle {
  const message =
    twin === name
      ? `${path} is a folder or a link where a file would be created.`
      : `${twin} differs only in case from ${name}, which would be created next to it.`;
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message,
    remedy: 'Rename or remove it.',
  };
}
