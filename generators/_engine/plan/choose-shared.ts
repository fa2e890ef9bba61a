import { RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { readRecord } from '../record/record.ts';
import { findSharedFolders } from '../repo/shared-packages.ts';

/**
 * Folder of the package that a service shares; undefined: it has copies. As it was before, else what `--shared` says,
 * else the package that other services share. @throws RefusalError E_INVALID_FLAG, E_PATH
 */
export function chooseShared(repo: Repo, { dir, name }: ServiceHead, wanted: unknown): RelPath | undefined {
  const given = typeof wanted === 'string' && wanted !== 'none' ? toRel(wanted) : undefined;
  const { files, services } = readRecord(repo);
  const runs = Object.values(services[dir] ?? {});
  const [before] = runs.flatMap(({ answers }) =>
    typeof answers['shared'] === 'string' ? toRel(answers['shared']) : [],
  );
  if (before !== undefined) {
    if (given === undefined || given === before) return before;
    throw new RefusalError(sharedElsewhere(name, given, before));
  }
  const hasCopies = Object.values(files).some(
    ({ kind, role, ...file }) =>
      kind === 'generated' &&
      'home' in file &&
      file.home === dir &&
      (role === 'circuit-breaker' || role === 'service-client'),
  );
  if (hasCopies) {
    if (given === undefined) return undefined;
    throw new RefusalError(copied(name, given));
  }
  if (wanted !== undefined) return given;
  const [only, other] = findSharedFolders(repo);
  return other === undefined ? only : undefined;
}

function sharedElsewhere(name: string, given: RelPath, before: RelPath): RefusalError['obstacles'][0] {
  return {
    code: 'E_INVALID_FLAG',
    message: `--shared cannot be ${JSON.stringify(given)}: ${name} shares ${before} already.`,
    remedy: 'Omit the flag, or undo what was added to the service first.',
  };
}

function copied(name: string, given: RelPath): RefusalError['obstacles'][0] {
  return {
    code: 'E_INVALID_FLAG',
    message: `--shared cannot be ${JSON.stringify(given)}: ${name} has copies of its own.`,
    remedy: 'Omit the flag, or undo what was added to the service first.',
  };
}
