import { RefusalError } from '../model/obstacle.ts';
import { dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import { misplaced } from '../model/roles.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { readRecord } from '../record/record.ts';
import { surveyHeads } from '../repo/services.ts';
import { findSharedFolders, packageIn } from '../repo/shared-packages.ts';

/**
 * Folder of the package that a service shares; undefined: it has copies. As it was before, else what `--shared` says,
 * else the package that other services share. @throws RefusalError E_INVALID_FLAG, E_PATH
 */
export function chooseShared(repo: Repo, head: ServiceHead, wanted: unknown): RelPath | undefined {
  const chosen = choose(repo, head, wanted);
  if (chosen === undefined) return undefined;
  if (dirnameRel(head.manifest.path) !== head.dir) throw new RefusalError(notOfPackages(head));
  assertUsable(repo, chosen);
  return chosen;
}

function choose(repo: Repo, { dir, manifest, name }: ServiceHead, wanted: unknown): RelPath | undefined {
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
  const folders = findSharedFolders(repo);
  const found = wanted === undefined && folders.length === 1 ? folders[0] : given;
  if (found !== undefined && manifest.type === 'commonjs' && packageIn(repo, found)?.type === 'module')
    throw new RefusalError(notRequired(name, found));
  return found;
}

/** The folder comes from a flag or from a record: it is one for code, and no package of somebody else's. */
function assertUsable(repo: Repo, dir: RelPath): void {
  // What a build or an install has left of a package that was undone is nobody's.
  const isOutput = /^(?:dist|build|out|node_modules|\..*|.*\.tsbuildinfo)$/;
  const others = repo.origin.list(dir).filter(({ name }) => !isOutput.test(name));
  const isTaken = others.length > 0 && !findSharedFolders(repo).includes(dir);
  const inService = surveyHeads(repo).some((head) => `${dir}/`.startsWith(`${head.dir}/`));
  const reason =
    dir === '' || inService
      ? 'is in a service'
      : (misplaced(joinRel(dir, 'src/index.ts'), 'source') ?? (isTaken ? 'is not empty' : undefined));
  if (reason !== undefined) throw new RefusalError(unusable(dir, reason));
}

function unusable(dir: RelPath, reason: string): RefusalError['obstacles'][0] {
  return {
    code: 'E_PATH',
    at: { path: dir },
    message: `--shared cannot be ${JSON.stringify(dir)}: it ${reason}.`,
    remedy: 'Name a folder of its own, such as packages/s2s.',
  };
}

/** There a library is a project and a path of the root's tsconfig, and no package that a service could depend on. */
function notOfPackages({ dir, manifest, name }: ServiceHead): RefusalError['obstacles'][0] {
  return {
    code: 'E_INVALID_FLAG',
    at: { path: dir },
    message: `${name} cannot share a package: it has no package.json of its own, but is a project of ${manifest.path}.`,
    remedy: 'Omit --shared, so that each project gets its own copies.',
  };
}

/** Node requires ES modules from 20.19 on, but the compilers and test runners of CommonJS do not. */
function notRequired(name: string, dir: RelPath): RefusalError['obstacles'][0] {
  return {
    code: 'E_INVALID_FLAG',
    at: { path: dir },
    message: `${name} is CommonJS and cannot share ${dir}, which is an ES module.`,
    remedy: 'Pass --shared none, so that the service gets copies, or make it an ES module.',
  };
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
    remedy: `Move them there with s2s-upgrade --shared ${given}, or omit the flag.`,
  };
}
