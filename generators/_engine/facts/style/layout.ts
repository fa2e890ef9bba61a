import type { AppFact, RoutePlugin } from '../../model/app-facts.ts';
import type { LayoutFact } from '../../model/code-facts.ts';
import { lazyFacts } from '../../model/lazy-facts.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath, toRel } from '../../model/paths.ts';
import { detectCasing, detectSuffix } from './casing.ts';
import type { Survey } from '../../program/survey.ts';
import { surveyTestLayout } from './test-layout.ts';

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
  const { files } = survey;
  const sourceDir = findSourceDir(survey, app);
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
      if (stems.length === 0) return '.middleware';
      return detectSuffix(stems, /([.-](middleware|hook|plugin)|Middleware|Hook|Plugin)$/);
    },
    pluginSuffix: () => detectSuffix(stemsIn(files, layout.pluginsDir), /([.-]plugins?|Plugin)$/),
  });
  return layout;
}

function once<Value>(find: () => Value): () => Value {
  const facts = lazyFacts({ value: find });
  return () => facts.value;
}

function findSourceDir({ files, head: { dir } }: Survey, app: AppFact): RelPath {
  const src = joinRel(dir, 'src');
  if (app.file.startsWith(`${src}/`) || files.some((file) => file.startsWith(`${src}/`))) return src;
  const nested = app.file.indexOf('/src/', dir.length);
  if (nested >= 0) return toRel(app.file.slice(0, nested + '/src'.length));
  return dir;
}

/** The folder of that name with most files below it, the nearest to the top among equals. */
function fullestFolder(files: readonly RelPath[], sourceDir: RelPath, pattern: RegExp): RelPath | undefined {
  const counts = new Map<RelPath, number>();
  for (const file of files) {
    for (let dir = dirnameRel(file); dir !== sourceDir && dir !== ''; dir = dirnameRel(dir)) {
      if (pattern.test(basenameRel(dir))) counts.set(dir, (counts.get(dir) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0]?.[0];
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
