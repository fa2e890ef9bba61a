import type { AutoloadFact, RoutePlugin } from '../../model/app-facts.ts';
import { basenameRel, dirnameRel, type RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { isFunctionNode, unwrap } from '../../syntax/expressions.ts';
import { findPluginFunction, type PluginFunction } from '../../program/plugin-functions.ts';
import { packageRoutes } from './package-routes.ts';
import { contentsOf } from './registration.ts';
import { joinUrl } from './route-calls.ts';
import type { Survey } from '../../program/survey.ts';

/** An autoloaded folder with the options that decide which files are loaded and where. */
export interface LoadedFolder extends AutoloadFact {
  readonly routeParams: boolean;
  readonly ignored: readonly RegExp[];
  readonly wanted: readonly RegExp[];
}

/** One route plugin for each loaded file with routes, at the URL that its place gives it. */
export function autoloadedPlugins(survey: Survey, folder: LoadedFolder): readonly RoutePlugin[] {
  return loadedFiles(survey, folder).flatMap((file) => {
    const found = defaultPlugin(survey, file);
    const prefix = prefixOf(survey, folder, file);
    if (found === undefined) return ofPackage(survey, file, nameOf(folder, file), prefix);
    const { routes } = contentsOf(survey, found, 0, prefix, 0);
    if (routes.length === 0) return [];
    const kind = found.shared ? ('shared' as const) : ('plugin' as const);
    return [
      { name: nameOf(folder, file), file, kind, autoloaded: true, prefix, routes, exportedAs: 'default' },
    ];
  });
}

/** `export default swaggerUi` of a package, with the options that the file exports as `autoConfig`. */
function ofPackage(survey: Survey, file: RelPath, name: string, prefix: string): readonly RoutePlugin[] {
  const exported = survey.tree(file).statements.find((one) => ts.isExportAssignment(one));
  if (exported === undefined) return [];
  const options = configOf(survey, file);
  const routes = packageRoutes(survey, { expression: exported.expression, options, prefix, file }, '');
  return routes.length === 0 ? [] : [{ name, kind: 'shared', autoloaded: true, prefix: '', routes }];
}

/** The object, or what a function of the instance returns. */
function configOf(survey: Survey, file: RelPath): ts.Expression | undefined {
  const found = survey.names.exported(file, 'autoConfig')?.node;
  if (found === undefined || !isFunctionNode(found))
    return found && ts.isExpression(found) ? found : undefined;
  const { body } = found;
  if (body === undefined || !ts.isBlock(body)) return body && unwrap(body);
  return body.statements.find((one) => ts.isReturnStatement(one))?.expression;
}

/** As autoload does: an index file hides its siblings, not the folders beside it. */
function loadedFiles(survey: Survey, { dir, ignored, wanted }: LoadedFolder): readonly RelPath[] {
  const below = survey.files.filter((file) => file.startsWith(`${dir}/`));
  const withIndex = new Set(below.filter((file) => isIndex(file)).map((file) => dirnameRel(file)));
  return below.filter((file) => {
    const path = file.slice(dir.length);
    if (isAutohooks(file)) return false;
    if (ignored.some((pattern) => pattern.test(path)) || wanted.some((pattern) => !pattern.test(path)))
      return false;
    return isIndex(file) || !withIndex.has(dirnameRel(file));
  });
}

export function isAutohooks(file: RelPath): boolean {
  return /^_?autohooks\.[cm]?ts$/i.test(basenameRel(file));
}

function isIndex(file: RelPath): boolean {
  return /^index\.[cm]?ts$/i.test(basenameRel(file));
}

function defaultPlugin(survey: Survey, file: RelPath): PluginFunction | undefined {
  const found = survey.names.exported(file, 'default');
  if (found === undefined) return undefined;
  if (isFunctionNode(found.node)) return { file: found.file, node: found.node, shared: false };
  return ts.isExpression(found.node) ? findPluginFunction(survey, found.node, found.file) : undefined;
}

function prefixOf(survey: Survey, folder: LoadedFolder, file: RelPath): string {
  const override = exportedText(survey, file, 'prefixOverride');
  if (override !== undefined) return override;
  const segments = dirnameRel(file)
    .slice(folder.dir.length)
    .split('/')
    .filter((part) => part !== '');
  const names = segments.map((part) => (folder.routeParams ? part.replace(/^_(?!_)/, ':') : part));
  const dirPrefix = folder.dirNameRoutePrefix ? names.join('/') : '';
  const prefix = joinUrl(folder.prefix, joinUrl(dirPrefix, exportedText(survey, file, 'autoPrefix') ?? ''));
  return prefix === '/' ? '' : prefix;
}

function exportedText(survey: Survey, file: RelPath, name: string): string | undefined {
  const found = survey.names.exported(file, name);
  return found !== undefined && ts.isExpression(found.node)
    ? survey.names.textOf(found.node, found.file)
    : undefined;
}

/** `routes/notes/index.ts` → `notes`, `routes/root.ts` → `root`. */
function nameOf({ dir }: LoadedFolder, file: RelPath): string {
  const path = file.slice(dir.length + 1).replace(/\.[cm]?ts$/, '');
  return path === 'index' ? basenameRel(dir) : path.replace(/\/index$/, '');
}
