import type { AutoloadFact, RoutePlugin } from '../../model/app-facts.ts';
import { basenameRel, dirnameRel, type RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { isFunctionNode } from '../../syntax/expressions.ts';
import { findPluginFunction, type PluginFunction } from '../../program/plugin-functions.ts';
import { contentsOf } from './registration.ts';
import { joinUrl } from './route-calls.ts';
import type { Survey } from '../../program/survey.ts';

/** An autoloaded folder with the options that decide which files are loaded and where. */
export interface LoadedFolder extends AutoloadFact {
  readonly routeParams: boolean;
  /** `encapsulate: false`: what its plugins add reaches the application, as if they were wrapped in fastify-plugin. */
  readonly isShared: boolean;
  readonly ignored: readonly RegExp[];
  readonly wanted: readonly RegExp[];
}

/** One route plugin for each loaded file with routes, at the URL that its place gives it. */
export function autoloadedPlugins(survey: Survey, folder: LoadedFolder): readonly RoutePlugin[] {
  return loadedFiles(survey, folder).flatMap((file) => {
    const found = defaultPlugin(survey, file);
    if (found === undefined) return [];
    const isShared = found.shared || folder.isShared;
    // Without a context of its own it has no prefix either.
    const prefix = isShared ? '' : prefixOf(survey, folder, file);
    const { routes } = contentsOf(survey, found, 0, prefix, 0);
    if (routes.length === 0) return [];
    const kind = isShared ? ('shared' as const) : ('plugin' as const);
    return [
      { name: nameOf(folder, file), file, kind, autoloaded: true, prefix, routes, exportedAs: 'default' },
    ];
  });
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
