import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import { once } from '../model/run-caches.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { findRecords, pathsIn, type RecordText, valuesOf } from '../repo/record-text.ts';
import { listSources, type SourceFiles } from '../repo/source-files.ts';
import { allowOneMore, boundedTree, syntaxErrors } from '../syntax/tree.ts';
import { type Files, openProgram, type Program } from './program.ts';
import { openResolver, packageImports, readTsconfig, type Tsconfig } from './tsconfig.ts';

/** One service's sources, read and parsed on demand. */
export interface Sources extends SourceFiles, Files {
  readonly repo: Repo;
  readonly head: ServiceHead;
  /** Empty for a file that went away, and for one of more than a million characters. */
  text(path: RelPath): string;
}

/** A longer file is a bundle, a data set, or an attack. */
const maxChars = 1_000_000;

/** Opens the sources of a service. Reads only what is asked for. */
export function openSources(repo: Repo, head: ServiceHead): Sources {
  const listed = listSources(repo, head.dir);
  const text = (path: RelPath): string => {
    const whole = repo.read(path) ?? '';
    return whole.length > maxChars ? '' : whole;
  };
  const matching = new Map<string, readonly RelPath[]>();
  return {
    ...listed,
    repo,
    head,
    text,
    tree: (path) => boundedTree(path, text(path)),
    filesMatching: (pattern) => {
      const key = `${pattern.flags} ${pattern.source}`;
      const known = matching.get(key) ?? listed.files.filter((path) => pattern.test(text(path)));
      matching.set(key, known);
      return known;
    },
  };
}

/** What every fact of one service is read from. */
export interface Survey extends Sources {
  readonly tsconfig: Tsconfig;
  readonly names: Program;
}

const opened = new WeakMap<Repo, Map<RelPath, Survey>>();

/** Opens a service for surveying, once for each state of the repo. Parses nothing yet. */
export function openSurvey(now: Repo, head: ServiceHead): Survey {
  const repo = now.since(head.dir);
  const byDir = opened.get(repo) ?? new Map<RelPath, Survey>();
  opened.set(repo, byDir);
  const known = byDir.get(head.dir);
  if (known !== undefined) return known;
  allowOneMore();
  const sources = openSources(repo, head);
  const read = readTsconfig(repo, head.dir);
  const tsconfig = { ...read, aliases: [...read.aliases, ...packageImports(repo, head)] };
  const survey = { ...sources, tsconfig, names: openProgram(sources, openResolver(sources, tsconfig)) };
  byDir.set(head.dir, survey);
  return survey;
}

/** A fact of a survey, found once. */
export const foundOnce: <Fact>(find: (survey: Survey) => Fact) => (survey: Survey) => Fact = once;

/**
 * A survey of what people wrote: files that we made say nothing of how a service writes and where it puts things, or a
 * second run would follow the first one's. Without `.s2s.json` they cannot be told apart.
 */
export const withoutGenerated = foundOnce((survey): Survey => {
  const generated = generatedFiles(survey.repo);
  const isOwn = (path: RelPath): boolean => !generated.has(path);
  return { ...survey, files: survey.files.filter(isOwn), tests: survey.tests.filter(isOwn) };
});

interface Generated {
  readonly texts: readonly string[];
  readonly files: ReadonlySet<string>;
}

/** Of the records that were read last; it goes with the run. */
const known = new WeakMap<Repo, Generated>();

function generatedFiles(repo: Repo): ReadonlySet<string> {
  const records = findRecords(repo);
  const last = known.get(repo.origin);
  const isSame = last?.texts.length === records.length;
  if (isSame && records.every(({ text }, index) => text === last.texts[index])) return last.files;
  const files = new Set(records.flatMap(filesIn));
  known.set(repo.origin, { texts: records.map(({ text }) => text), files });
  return files;
}

function filesIn({ dir, text }: RecordText): readonly string[] {
  try {
    return valuesOf(text).flatMap((value) => pathsIn(value, dir, 'files'));
  } catch {
    // A broken record is reported where it is used.
    return [];
  }
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
