import type { LayoutFact, Style } from '../../model/code-facts.ts';
import type { AppFact, RoutePlugin } from '../../model/app-facts.ts';
import { lazyFacts } from '../../model/service.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath, toRel } from '../../model/paths.ts';
import type { Survey } from '../../program/survey.ts';
import { findShared } from '../../repo/shared-packages.ts';

const maxLineChars = 400;
const maxBodyLines = 300;

/**
 * How texts are written, by majority; of one file when one is given. What nothing votes on is as most are written:
 * single quotes, semicolons, 2 spaces, LF, trailing commas, a final newline.
 */
export function detectStyle(texts: readonly string[]): Style {
  // Lines of thousands of characters have no style.
  const lines = texts.map((text) => text.split(/\r?\n/).filter((line) => line.length <= maxLineChars));
  const crlf = total(texts, (text) => text.split('\r\n').length - 1);
  const newlines = total(texts, (text) => text.split('\n').length - 1);
  const ends = texts.filter((text) => text.length > 0);
  return {
    quote: vote(lines, quoteVotes) < 0 ? '"' : "'",
    semicolons: vote(lines, semicolonVotes) >= 0,
    indent: indentOf(lines),
    eol: crlf * 2 > newlines ? '\r\n' : '\n',
    trailingCommas: vote(lines, commaVotes) >= 0,
    finalNewline: ends.filter((text) => text.endsWith('\n')).length * 2 >= ends.length,
  };
}

/** A positive sum speaks for the default. */
function vote(files: readonly (readonly string[])[], votes: (lines: readonly string[]) => number): number {
  return total(files, votes);
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

function quoteVotes(lines: readonly string[]): number {
  return total(lines, (line) => {
    if (isComment(line)) return 0;
    const strings = line.match(/(['"])(?:(?!\1)[^\\]|\\.)*\1/g) ?? [];
    return total(strings, (string) =>
      /['"]/.test(string.slice(1, -1)) ? 0 : string.startsWith("'") ? 1 : -1,
    );
  });
}

/** Votes with statements of one line. */
function semicolonVotes(lines: readonly string[]): number {
  return lines.reduce((sum, line, index) => {
    if (!/^\s*(import|export \*|const|let|return|throw|await|type)\b/.test(line)) return sum;
    if (/;\s*(\/\/.*)?$/.test(line)) return sum + 1;
    const goesOn =
      /^\s*[.?:|&+\-*/=<>)}\]]/.test(lines[index + 1] ?? '') && !/^\s*\}/.test(lines[index + 1] ?? '');
    return /[\w'")\]`]\s*$/.test(line) && !goesOn ? sum - 1 : sum;
  }, 0);
}

function indentOf(files: readonly (readonly string[])[]): string {
  const steps = new Map<string, number>();
  for (const lines of files) {
    let before = 0;
    for (const line of lines) {
      if (line.trim() === '' || isComment(line)) continue;
      const lead = /^[\t ]*/.exec(line)?.[0] ?? '';
      const step = lead.startsWith('\t') ? '\t' : ' '.repeat(Math.max(0, lead.length - before));
      before = lead.startsWith('\t') ? 0 : lead.length;
      if (['\t', '  ', '    '].includes(step)) steps.set(step, (steps.get(step) ?? 0) + 1);
    }
  }
  return [...steps].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '  ';
}

/** Votes with the line before a closing bracket, where it is an element of a literal. */
function commaVotes(lines: readonly string[]): number {
  return lines.reduce((sum, line, index) => {
    const before = (lines[index - 1] ?? '').trimEnd();
    if (!/^\s*[\]})]/.test(line) || before === '' || isComment(before) || /[[({]$/.test(before)) return sum;
    if (before.endsWith(',')) return sum + 1;
    const isArray = /^\s*\]/.test(line);
    const isProperty =
      /^\s*(['"]?[\w$-]+['"]?\s*:\s.*[\w'")\]}`]|\w+)$/.test(before) && !inTypeBody(lines, index);
    return isArray || (/^\s*\}/.test(line) && isProperty) ? sum - 1 : sum;
  }, 0);
}

/** Members of an interface or type look like properties. */
function inTypeBody(lines: readonly string[], closing: number): boolean {
  const lead = /^\s*/.exec(lines[closing] ?? '')?.[0] ?? '';
  for (let at = closing - 1; at >= Math.max(0, closing - maxBodyLines); at -= 1) {
    const line = lines[at] ?? '';
    if (line.startsWith(lead) && /^\S/.test(line.slice(lead.length)) && line.trimEnd().endsWith('{')) {
      return /\b(interface|type|class|enum|switch|import|export)\b/.test(line);
    }
  }
  return false;
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\/?\*)/.test(line);
}

const routeFolder = /^(routes|modules|controllers)$/i;
const pluginFolder = /^(fastify-?)?plugins$/i;
const middlewareFolder = /^(middlewares?|hooks)$/i;
const utilsFolder = /^(utils|lib|shared|common)$/i;

/** Where new files of each kind go: to the folder that holds most of their kind, else to the usual place. */
export function surveyLayout(
  survey: Survey,
  app: AppFact,
  findRoutes: () => readonly RoutePlugin[],
): LayoutFact {
  const [{ files }, sourceDir] = [survey, findSourceDir(survey, app)];
  const below = files.filter((file) => file.startsWith(sourceDir === '' ? '' : `${sourceDir}/`));
  const find = (pattern: RegExp): RelPath | undefined => fullestFolder(below, sourceDir, pattern);
  const autoloaded = (holds: 'plugins' | 'routes'): RelPath | undefined =>
    app.autoload.findLast((one) => one.holds === holds)?.dir;
  const routeFiles = once(() =>
    findRoutes().flatMap(({ file, kind }) => (kind === 'inline' || file === undefined ? [] : [file])),
  );
  const ownRoutes = once(() => fullestFolder(routeFiles(), sourceDir, routeFolder) ?? find(routeFolder));
  // A kind that has no folder yet gets one beside that of the routes.
  const beside = (name: string): RelPath => {
    const routes = ownRoutes();
    return joinRel(routes === undefined ? sourceDir : dirnameRel(routes), name);
  };
  const layout: LayoutFact = lazyFacts<LayoutFact>({
    shared: () => findShared(survey.repo, survey.head.manifest),
    sourceDir: () => sourceDir,
    routesDir: () => autoloaded('routes') ?? ownRoutes() ?? joinRel(sourceDir, 'routes'),
    pluginsDir: () => autoloaded('plugins') ?? find(pluginFolder) ?? beside('plugins'),
    middlewareDir: () => find(middlewareFolder) ?? autoloaded('plugins') ?? beside('middleware'),
    utilsDir: () => find(utilsFolder) ?? joinRel(sourceDir, 'utils'),
    tests: () => surveyTestLayout(survey),
    casing: () => detectCasing(files.map(stemOf)),
    dottedCasing: () => detectCasing(files.map(stemOf).filter((stem) => stem.includes('.'))),
    routeSuffix: () =>
      detectSuffix(routeFiles().map(stemOf), /([.-](routes?|router|controller)|Routes?|Router)$/),
    middlewareSuffix: () => {
      const stems = stemsIn(files, layout.middlewareDir);
      const suffix = detectSuffix(stems, /([.-](middleware|hook|plugin)|Middleware|Hook|Plugin)$/);
      return stems.length === 0 ? '.middleware' : suffix;
    },
    pluginSuffix: () => detectSuffix(stemsIn(files, layout.pluginsDir), /([.-]plugins?|Plugin)$/),
  });
  return layout;
}

function once<Value>(find: () => Value): () => Value {
  const facts = lazyFacts({ value: find });
  return () => facts.value;
}

/** The folder that the compiler is told of where it holds the application; else `src`, or the service's folder. */
function findSourceDir({ files, head: { dir }, tsconfig }: Survey, app: AppFact): RelPath {
  const isBelow = (one: RelPath): boolean => dir === '' || one.startsWith(`${dir}/`);
  const told = tsconfig.sourceDirs.find((one) => isBelow(one) && app.file.startsWith(`${one}/`));
  if (told !== undefined) return told;
  const src = joinRel(dir, 'src');
  if (app.file.startsWith(`${src}/`) || files.some((file) => file.startsWith(`${src}/`))) return src;
  const nested = app.file.indexOf('/src/', dir.length);
  if (nested >= 0) return toRel(app.file.slice(0, nested + '/src'.length));
  return dir;
}

/** The folder of that name with most files below it, the nearest to the top among equals. */
function fullestFolder(files: readonly RelPath[], sourceDir: RelPath, pattern: RegExp): RelPath | undefined {
  const found: RelPath[] = [];
  for (const file of files) {
    for (let dir = dirnameRel(file); dir !== sourceDir && dir !== ''; dir = dirnameRel(dir)) {
      if (pattern.test(basenameRel(dir))) found.push(dir);
    }
  }
  return byFrequency(shortestFirst(found))[0];
}

function shortestFirst(folders: readonly RelPath[]): readonly RelPath[] {
  return [...folders].sort((a, b) => a.length - b.length);
}

/** The different values, the most frequent first; among equals the one that comes first. */
function byFrequency<Value>(values: readonly Value[]): readonly Value[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

function stemsIn(files: readonly RelPath[], dir: RelPath): readonly string[] {
  return files
    .filter((file) => dirnameRel(file) === dir)
    .map(stemOf)
    .filter((stem) => stem !== 'index');
}

function stemOf(file: RelPath): string {
  return basenameRel(file).replace(/\.[cm]?ts$/, '');
}

type Casing = LayoutFact['casing'];

/**
 * How file names of several words are written, by majority; kebab when there are none. Pascal only where most files
 * begin with a capital: elsewhere such a name is that of a class. `names` without extension.
 */
function detectCasing(names: readonly string[]): Casing {
  const capitals = names.filter((name) => /^[A-Z]/.test(name)).length;
  const casings = names
    .map((name) => casingOf(name.split('.')[0] ?? name))
    .filter((casing) => casing !== undefined && (casing !== 'pascal' || capitals * 2 > names.length));
  return byFrequency(casings)[0] ?? 'kebab';
}

function casingOf(stem: string): Casing | undefined {
  if (/^[a-z\d]+(-[a-z\d]+)+$/.test(stem)) return 'kebab';
  if (/^[a-z\d]+(_[a-z\d]+)+$/.test(stem)) return 'snake';
  if (/^[a-z]+[a-z\d]*([A-Z][a-z\d]*)+$/.test(stem)) return 'camel';
  return /^[A-Z][a-z\d]+([A-Z][a-z\d]*)+$/.test(stem) ? 'pascal' : undefined;
}

/** What most of the names end with, of the given endings (`.routes`, `-routes`, `Routes`); '' when most have none. */
function detectSuffix(names: readonly string[], endings: RegExp): string {
  return byFrequency(names.map((name) => endings.exec(name)?.[0] ?? ''))[0] ?? '';
}

/** Where tests are, by majority: beside what they test, in a folder beside it, or in the folder that holds most. */
function surveyTestLayout({ files, head: { dir }, repo, tests }: Survey): LayoutFact['tests'] {
  const src = joinRel(dir, 'src');
  const cases = tests.filter((file) => /[.-](test|spec)\.[cm]?ts$/.test(file));
  const suffix =
    cases.filter((file) => /[.-]spec\./.test(basenameRel(file))).length * 2 > cases.length
      ? '.spec'
      : '.test';
  const folders = cases.map((file) => testFolderOf(dir, file)).filter((folder) => folder !== undefined);
  const [fullest, second] = byFrequency(shortestFirst(folders));
  const top = files.some((file) => file.startsWith(`${src}/`)) ? src : dir;
  if (cases.length > 0 && folders.length * 2 < cases.length) return { place: 'beside', dir: top, suffix };
  if (fullest === undefined) return { place: 'folder', dir: existingFolder(repo, dir), suffix };
  const isBelow = ![dir, src].includes(dirnameRel(fullest));
  if (isBelow && second !== undefined)
    return { place: 'nested', dir: joinRel(top, basenameRel(fullest)), suffix };
  return { place: 'folder', dir: unitFolder(fullest, cases), suffix };
}

/** `tests/unit`, where all tests are in folders by their kind. */
function unitFolder(folder: RelPath, cases: readonly RelPath[]): RelPath {
  const unit = joinRel(folder, 'unit');
  const isSorted = cases.every((file) => dirnameRel(file) !== folder);
  return isSorted && cases.some((file) => file.startsWith(`${unit}/`)) ? unit : folder;
}

/** The topmost `test`, `tests` or `__tests__` folder around a file. */
function testFolderOf(dir: RelPath, file: RelPath): RelPath | undefined {
  let found: RelPath | undefined;
  for (let at = dirnameRel(file); at !== dir && at !== ''; at = dirnameRel(at)) {
    if (/^(tests?|__tests__|specs?)$/.test(basenameRel(at))) found = at;
  }
  return found;
}

function existingFolder(repo: Survey['repo'], dir: RelPath): RelPath {
  const names = new Set(repo.list(dir).map(({ name }) => name));
  return joinRel(dir, ['test', 'tests', '__tests__'].find((name) => names.has(name)) ?? 'test');
}
