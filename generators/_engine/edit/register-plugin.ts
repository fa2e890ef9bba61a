import type { Style } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import type { GuardOrder } from '../facts/routes/guard-order.ts';
import type { TextChange } from '../model/text-change.ts';
import { printString } from '../syntax/print.ts';
import { findNode, parseSource, ts } from '../syntax/tree.ts';
import { appendElements } from './text-lines.ts';
import { detectStyle } from '../facts/style/style.ts';
import { defaultImportIn, ensureImport } from './ensure-import.ts';
import { ensureRegistration } from './ensure-registration.ts';
import { importSpecifier, importSpecifierIn, isAutoloaded } from '../facts/style/place-file.ts';
import { type RegistrationWant } from './registration-scopes.ts';

/** The default export of `file`, under the name `plugin`. */
export type PluginWant = Readonly<{
  file: RelPath;
  plugin: string;
  options?: RegistrationWant['options'];
  /** Plugins that it has to come before, beside those that hold routes. */
  before?: readonly string[];
}>;

/** Imports a guard of the whole application and registers it in the place of `order`. */
export function registerGuard(draft: Draft, service: Service, want: PluginWant, order: GuardOrder): void {
  const { options } = want;
  const { code } = order;
  const { owner } = code;
  const plugin = importPlugin(draft, service, code.file, want);
  const optional = options === undefined ? {} : { options };
  const { after, silent } = order;
  const places = { silent, after, ...(owner !== undefined && { owner }) };
  const wanted = {
    app: code,
    plugin,
    position: 'guard',
    routePlugins: [],
    order: places,
    ...optional,
  } as const;
  draft.patch(code.file, 'registration', (base) => ensureRegistration(base, wanted, detectStyle([base])));
}

/** Imports a plugin where that is missing, and returns its name in `into`: an editor may have renamed it. */
function importPlugin(draft: Draft, service: Service, into: RelPath, { file, plugin }: PluginWant): string {
  const known = findDefaultImport(draft.repo, service, into, file);
  if (known !== undefined) return known;
  draft.patch(into, 'registration', (base) => {
    const from = importSpecifierIn(base, service, into, file);
    return ensureImport(base, { from, default: plugin }, detectStyle([base]));
  });
  return plugin;
}

/** What one file calls the default export of another; undefined where it does not import it. */
export function findDefaultImport(
  repo: Repo,
  service: Pick<Service, 'modules'>,
  into: RelPath,
  file: RelPath,
): string | undefined {
  const base = repo.read(into) ?? '';
  const { modules } = service;
  const relative = importSpecifier({ modules: { ...modules, aliases: [] } }, into, file, modules.extension);
  const source = parseSource(into, base);
  return (
    defaultImportIn(source, importSpecifierIn(base, service, into, file)) ?? defaultImportIn(source, relative)
  );
}

/** Imports a plugin and registers it before the routes; an autoloaded folder does so by itself. */
export function registerPlugin(draft: Draft, service: Service, want: PluginWant): void {
  const { before = [], file, options } = want;
  const { app, routes } = service;
  if (isAutoloaded(service, file)) return;
  const plugin = importPlugin(draft, service, app.file, want);
  const routePlugins = [...before, ...routes.map(({ name }) => name)];
  draft.patch(app.file, 'registration', (base) => {
    const optional = options === undefined ? {} : { options };
    const want = { app, plugin, position: 'before-routes', routePlugins, ...optional } as const;
    return ensureRegistration(base, want, detectStyle([base]));
  });
}

/**
 * A name for our plugin in `own` that no other plugin of the service has: @fastify/autoload loads one plugin for each
 * name, and drops the others without a word. `usual` where it is proven free; our own file may have it.
 */
export function freePluginName(
  { pluginNames: { hidden, taken } }: Pick<Service, 'pluginNames'>,
  own: RelPath,
  usual: string,
): string {
  const others = new Set(taken.filter(({ at }) => at?.path !== own).map(({ name }) => name));
  const isHidden = hidden !== undefined && hidden.path !== own;
  if (!isHidden && !others.has(usual)) return usual;
  for (let index = 1; ; index += 1) {
    const name = index === 1 ? `s2s-${usual}` : `s2s-${usual}-${String(index)}`;
    if (!others.has(name)) return name;
  }
}

/**
 * Adds an entry such as `GET /metrics` to the `publicRoutes` of a file, the list of those that ask for no token. [] when it is there, and where
 * there is no such list to add to: then no route of the whole application asks for one by our hook.
 */
export function ensurePublicRoute(base: string, entry: string, style: Style): readonly TextChange[] {
  const source = parseSource('app.ts', base);
  const list = findList(source);
  if (list === undefined) return [];
  const isThere = entriesOf(list).includes(entry);
  return isThere ? [] : appendElements(source, list, [printString(entry, style.quote)], style);
}

/** The entries of the `publicRoutes` of a file; undefined when it has no such list. */
export function findPublicRoutes(text: string): readonly string[] | undefined {
  const list = findList(parseSource('app.ts', text));
  return list === undefined ? undefined : entriesOf(list);
}

function findList(source: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  const isList = (node: ts.Node): boolean =>
    ts.isArrayLiteralExpression(node) &&
    ts.isPropertyAssignment(node.parent) &&
    node.parent.name.getText(source) === 'publicRoutes';
  return findNode(source, isList) as ts.ArrayLiteralExpression | undefined;
}

function entriesOf(list: ts.ArrayLiteralExpression): readonly string[] {
  return list.elements.filter(ts.isStringLiteralLike).map(({ text }) => text);
}
