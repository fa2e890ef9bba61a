import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { boundedTree, syntaxErrors, type ts } from '../syntax/tree.ts';
import { listSources, type SourceFiles } from '../repo/source-files.ts';

/** One service's sources, read and parsed on demand. */
export interface Sources extends SourceFiles {
  readonly repo: Repo;
  readonly head: ServiceHead;
  /** Empty for a file that went away, and for one of more than a million characters. */
  text(path: RelPath): string;
  tree(path: RelPath): ts.SourceFile;
  /** Its own files (no tests) whose text matches: what decides if a file is worth parsing. */
  filesMatching(pattern: RegExp): readonly RelPath[];
}

/** Nobody writes more into one file: it is a bundle, a data set, or there to keep us busy. */
const maxChars = 1_000_000;

/** Opens the sources of a service. Reads only what is asked for. */
export function openSources(repo: Repo, head: ServiceHead): Sources {
  const listed = listSources(repo, head.dir);
  const text = (path: RelPath): string => {
    const whole = repo.read(path) ?? '';
    return whole.length > maxChars ? '' : whole;
  };
  return {
    ...listed,
    repo,
    head,
    text,
    tree: (path) => boundedTree(path, text(path)),
    filesMatching: (pattern) => listed.files.filter((path) => pattern.test(text(path))),
  };
}

/**
 * Refuses what cannot be served at all, every reason at once.
 * @throws RefusalError E_UNSUPPORTED_FRAMEWORK, E_JAVASCRIPT_ONLY, E_MERGE_MARKERS, E_SYNTAX
 */
export function assertServable(sources: Sources): void {
  const framework = unsupported(sources.head);
  if (framework !== undefined) throw new RefusalError(framework);
  if (sources.files.length === 0 && sources.scripts.length > 0)
    throw new RefusalError(javascriptOnly(sources.head));
  assertNone(sources.filesMatching(/fastify|\.listen\(/i).flatMap((path) => broken(sources, path)));
}

function broken(sources: Sources, path: RelPath): readonly Obstacle[] {
  const text = sources.text(path);
  const line = mergeMarker(text);
  if (line !== undefined) {
    return [
      {
        code: 'E_MERGE_MARKERS',
        at: { path, line },
        message: `${path}:${line} contains merge conflict markers.`,
        remedy: 'Resolve the conflict and run the command again.',
      },
    ];
  }
  const [error] = syntaxErrors(sources.tree(path));
  if (error === undefined) return [];
  return [
    {
      code: 'E_SYNTAX',
      at: { path, line: error.line },
      message: `${path}:${error.line} does not parse: ${error.message}`,
      remedy: 'Correct the file and run the command again.',
    },
  ];
}

/** The line of the first `<<<<<<<` that a `=======` follows; undefined without one. */
function mergeMarker(text: string): number | undefined {
  const lines = text.includes('<<<<<<< ') ? text.split(/\r?\n/) : [];
  const first = lines.findIndex((line) => line.startsWith('<<<<<<< '));
  return first >= 0 && lines.includes('=======', first) ? first + 1 : undefined;
}

function unsupported({ manifest, name }: ServiceHead): Obstacle | undefined {
  const framework = ['@nestjs/core', '@nestjs/platform-fastify', 'fastify-decorators'].find(
    (dependency) => manifest.dependencies[dependency] !== undefined,
  );
  if (framework === undefined) return undefined;
  return {
    code: 'E_UNSUPPORTED_FRAMEWORK',
    at: { path: manifest.path },
    message: `${name} is built with ${framework}, which creates routes in its own way.`,
    remedy: 'Only services that register plugins on a Fastify instance are supported.',
  };
}

function javascriptOnly({ dir, name }: ServiceHead): Obstacle {
  return {
    code: 'E_JAVASCRIPT_ONLY',
    at: { path: dir === '' ? '.' : dir },
    message: `${name} is written in JavaScript, but the generated code is TypeScript.`,
    remedy:
      'Rename the files that create the instance and register its routes to .ts, add a tsconfig.json with "allowJs": true for the others, and run the command again.',
    manual: 'npx tsc --init --allowJs --outDir dist',
  };
}
