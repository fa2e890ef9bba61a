import { joinRel, type RelPath, toRel } from '../../model/paths.ts';
import type { Sources } from '../../program/sources.ts';

/** The service's own example files, else those at the root. */
export function findEnvExamples({ head, repo }: Sources): readonly RelPath[] {
  const inFolder = (dir: RelPath): readonly RelPath[] =>
    repo
      .list(dir)
      .filter(({ kind, name }) => kind === 'file' && /^\.?env\.(example|sample|template|dist)$/.test(name))
      .map(({ name }) => joinRel(dir, name));
  const own = inFolder(head.dir);
  return own.length > 0 ? own : inFolder(toRel(''));
}
