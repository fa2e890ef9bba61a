import type { AutoloadFact, RoutePlugin } from '../../model/app-facts.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import { RefusalError } from '../../model/obstacle.ts';
import { defaultPlugin } from '../../program/plugin-functions.ts';
import { type Survey, withoutGenerated } from '../../program/survey.ts';
import type { Use } from '../../syntax/calls.ts';
import {
  isFunctionNode,
  memberOf,
  propertyOf,
  receiverOf,
  stringOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { ts } from '../../syntax/tree.ts';
import { packageRoutes } from './package-routes.ts';
import { contentsOf } from './registration.ts';
import { joinUrl } from './route-calls.ts';

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
    const isShared = found?.shared === true || folder.isShared;
    // Without a context of its own it has no prefix either.
    const prefix = isShared ? '' : prefixOf(survey, folder, file);
    if (found === undefined) return ofPackage(survey, file, nameOf(folder, file), prefix);
    const { routes } = contentsOf(survey, found, 0, prefix, 0);
    if (routes.length === 0) return [];
    const kind = isShared ? ('shared' as const) : ('plugin' as const);
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
  const routes = packageRoutes(survey, { plugin: exported.expression, options, file }, '', prefix);
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
function loadedFiles(
  survey: Survey,
  { dir, ignored, wanted }: Pick<LoadedFolder, 'dir' | 'ignored' | 'wanted'>,
): readonly RelPath[] {
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

/** The folders that uses of an instance give to @fastify/autoload, in order. */
export function autoloadsOf(survey: Survey, uses: readonly Use[], file: RelPath): readonly LoadedFolder[] {
  return uses.flatMap(({ call, kind }) => {
    const [plugin, options] = call.arguments;
    if (
      kind !== 'register' ||
      plugin === undefined ||
      options === undefined ||
      importedBy(plugin, '@fastify/autoload', 'fastify-autoload') === undefined
    )
      return [];
    const literal = survey.names.objectOf(options, file)?.node ?? options;
    const dirOption = propertyOf(literal, 'dir');
    const dir = dirOption === undefined ? undefined : findFolder(survey, dirOption, file);
    return dir === undefined ? [] : [factOf(survey, literal, dir, file)];
  });
}

function factOf(survey: Survey, options: ts.Expression, dir: RelPath, file: RelPath): LoadedFolder {
  const isOn = (name: string): boolean => propertyOf(options, name)?.kind === ts.SyntaxKind.TrueKeyword;
  const isOff = (name: string): boolean => propertyOf(options, name)?.kind === ts.SyntaxKind.FalseKeyword;
  const filters = {
    ignored: patternsOf(options, ['ignorePattern', 'ignoreFilter']),
    wanted: patternsOf(options, ['matchFilter']),
  };
  const isUnread = ['ignorePattern', 'ignoreFilter', 'matchFilter', 'maxDepth'].some(
    (name) => propertyOf(options, name) !== undefined && patternsOf(options, [name]).length === 0,
  );
  const fact: AutoloadFact = {
    dir,
    loads: isUnread ? [] : loadedFiles(survey, { dir, ...filters }),
    holds: 'routes',
    dirNameRoutePrefix: !isOff('dirNameRoutePrefix'),
    autoHooks: isOn('autoHooks'),
    prefix: survey.names.textOf(propertyOf(propertyOf(options, 'options'), 'prefix'), file) ?? '',
  };
  const loaded = {
    ...fact,
    routeParams: isOn('routeParams'),
    isShared: isOff('encapsulate'),
    ...filters,
  };
  // The verify route that we have put into a folder of plugins makes it none of routes.
  const hasRoutes = (): boolean => autoloadedPlugins(withoutGenerated(survey), loaded).length > 0;
  return { ...loaded, holds: namedHolding(dir) ?? (hasRoutes() ? 'routes' : 'plugins') };
}

/** What a folder is for by its name: a plugin with a route or two does not make `plugins/app` one of routes. */
function namedHolding(dir: RelPath): AutoloadFact['holds'] | undefined {
  const named = dir.split('/').findLast((segment) => /^(routes|modules|plugins)$/.test(segment));
  if (named === undefined) return undefined;
  return named === 'plugins' ? 'plugins' : 'routes';
}

/**
 * A pattern of a repository that cannot go back and forth: no group is repeated, and nothing is more than twice. What
 * another one leaves out is not known.
 */
function isPlain(pattern: string): boolean {
  const repeats = pattern.match(/[*+]|\{\d*,/g) ?? [];
  return pattern.length <= 300 && repeats.length <= 2 && !/\)[*+{?]|\\[1-9k]/.test(pattern);
}

/** Literal patterns; a filter that is a function says nothing that can be read. */
function patternsOf(options: ts.Expression, names: readonly string[]): readonly RegExp[] {
  return names.flatMap((name) => {
    const value = propertyOf(options, name);
    const match = value === undefined ? null : /^\/(.*)\/([a-z]*)$/s.exec(value.getText());
    try {
      return match === null || !isPlain(match[1] ?? '') ? [] : [new RegExp(match[1] ?? '', match[2])];
    } catch {
      return [];
    }
  });
}

/** The folder that an expression such as `join(__dirname, 'routes')` names; undefined when it cannot be told. */
function findFolder(survey: Survey, expression: ts.Expression, file: RelPath): RelPath | undefined {
  const path = pathOf(survey, unwrap(expression), file);
  if (path === undefined) return undefined;
  try {
    return joinRel(path);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

function pathOf(survey: Survey, bare: ts.Expression, file: RelPath): string | undefined {
  const next = (inner: ts.Expression): string | undefined => pathOf(survey, unwrap(inner), file);
  const literal = stringOf(bare);
  // A bare relative path means the working directory: the service's folder.
  if (literal !== undefined) return literal.startsWith('/') ? undefined : `${survey.head.dir}/${literal}`;
  if (ts.isIdentifier(bare) && bare.text === '__dirname') return dirnameRel(file);
  if (ts.isIdentifier(bare) && bare.text === '__filename') return file;
  if (/^import\.meta\.(dirname|filename|url)$/.test(bare.getText()))
    return bare.getText().endsWith('dirname') ? dirnameRel(file) : file;
  if (ts.isBinaryExpression(bare)) return pathOfBinary(bare, next);
  if (ts.isTemplateExpression(bare)) return pathOfTemplate(bare, next);
  if (ts.isNewExpression(bare)) return fromUrl(bare, next);
  if (ts.isCallExpression(bare)) return pathOfCall(survey, bare, next);
  if (memberOf(bare) === 'pathname' || memberOf(bare) === 'href') {
    const receiver = receiverOf(bare);
    return receiver === undefined ? undefined : next(receiver);
  }
  const found = survey.names.value(bare, file);
  const isElsewhere = found !== undefined && found.node !== bare && ts.isExpression(found.node);
  return isElsewhere ? pathOf(survey, unwrap(found.node), found.file) : undefined;
}

function pathOfCall(
  survey: Survey,
  call: ts.CallExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [first, ...rest] = call.arguments;
  const name = ts.isIdentifier(call.expression) ? call.expression.text : (memberOf(call.expression) ?? '');
  if (call.getText() === 'process.cwd()') return survey.head.dir === '' ? '.' : survey.head.dir;
  if (first === undefined) return undefined;
  const base = next(first);
  if (base === undefined) return undefined;
  if (name === 'fileURLToPath') return base;
  if (name === 'dirname') return `${base}/..`;
  if (name !== 'join' && name !== 'resolve') return undefined;
  const parts = rest.map((part) => stringOf(part));
  return parts.every((part) => part !== undefined) ? [base, ...parts].join('/') : undefined;
}

/** `new URL('./routes', import.meta.url)` */
function fromUrl(
  { arguments: given }: ts.NewExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [relative, base] = given ?? [];
  const from = base === undefined ? undefined : next(base);
  const text = stringOf(relative);
  return from === undefined || text === undefined ? undefined : `${from}/../${text}`;
}

function pathOfBinary(
  { left, operatorToken, right }: ts.BinaryExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const base = next(left);
  if (operatorToken.kind !== ts.SyntaxKind.PlusToken) return base ?? next(right);
  const text = stringOf(right);
  return base === undefined || text === undefined ? undefined : base + text;
}

function pathOfTemplate(
  { head, templateSpans }: ts.TemplateExpression,
  next: (inner: ts.Expression) => string | undefined,
): string | undefined {
  const [span, ...more] = templateSpans;
  if (span === undefined || more.length > 0 || head.text !== '') return undefined;
  const base = next(span.expression);
  return base === undefined ? undefined : base + span.literal.text;
}
