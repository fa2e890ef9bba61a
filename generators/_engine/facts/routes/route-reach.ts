import { routeMethods } from '../../syntax/calls.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { autoloadsOf } from './autoload.ts';
import { type FunctionNode, memberOf, propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import {
  argumentsOf,
  findPluginFunction,
  isFastifyPlugin,
  parameterName,
  pluginBehind,
} from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import { importedBy } from '../../syntax/symbols.ts';

const maxDepth = 6;

/** Whether what a `register` call brings may add routes or answer requests; what is not seen to its end may. */
export function registersRoutes(survey: Survey, call: ts.CallExpression, file: RelPath, depth = 0): boolean {
  const folders = autoloadsOf(survey, [{ kind: 'register', binding: '', call }], file);
  if (folders.length > 0) return folders.some(({ dir }) => holdsRoutes(survey, dir, depth));
  return argumentsOf(survey, call, file).some(([plugin, options]) => {
    if (plugin === undefined) return true;
    const name = packageOf(survey, plugin.expression, plugin.file);
    // The documentation of old versions came with its pages.
    if (name !== undefined)
      return !isRouteless(name) || propertyOf(options?.expression, 'exposeRoute') !== undefined;
    const found = findPluginFunction(survey, plugin.expression, plugin.file);
    return found === undefined || reachesRoutes(survey, found.node, 0, found.file, depth + 1);
  });
}

/** Files of an autoloaded folder, in the order in which they are loaded. */
export function filesBelow(survey: Survey, dir: RelPath): readonly RelPath[] {
  return [...survey.files, ...survey.scripts].filter((path) => path.startsWith(`${dir}/`));
}

function holdsRoutes(survey: Survey, dir: RelPath, depth: number): boolean {
  return filesBelow(survey, dir).some((path) => fileHoldsRoutes(survey, path, depth));
}

/** Whether an autoloaded file may. */
export function fileHoldsRoutes(survey: Survey, path: RelPath, depth = 0): boolean {
  const found = survey.names.exported(path, 'default');
  const name = found === undefined ? packageBehind(survey, path) : undefined;
  if (name !== undefined) return !isRouteless(name);
  if (found === undefined)
    return /\bexport (=|\{[^}]*\bdefault\b)|\bmodule\.exports\b/.test(survey.text(path));
  const plugin = pluginBehind(survey, found);
  return plugin === undefined || reachesRoutes(survey, plugin.node, 0, plugin.file, depth + 1);
}

/** Whether a function may put routes on the instance that is its parameter: every use of it is looked at. */
function reachesRoutes(
  survey: Survey,
  node: FunctionNode,
  index: number,
  file: RelPath,
  depth: number,
): boolean {
  if (depth > maxDepth || node.body === undefined) return true;
  const name = parameterName(node, index);
  if (name === undefined)
    return node.parameters[index] !== undefined || /\bthis\b|\barguments\b/.test(node.body.getText());
  const names = new Set([name]);
  let found = false;
  walk(node.body, (at) => {
    if (found) return false;
    if (ts.isIdentifier(at) && names.has(at.text)) found = isRouteUse(survey, at, names, file, depth);
    return !found;
  });
  return found;
}

/** What is done with the instance at one place where its name stands. */
function isRouteUse(
  survey: Survey,
  at: ts.Identifier,
  names: Set<string>,
  file: RelPath,
  depth: number,
): boolean {
  const { parent } = at;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name === at ? false : isRouteCall(survey, parent, names, file, depth);
  }
  if ((ts.isPropertyAssignment(parent) && parent.name === at) || ts.isTypeNode(parent)) return false;
  if (ts.isParameter(parent) || ts.isReturnStatement(parent)) return false;
  if (ts.isVariableDeclaration(parent)) return parent.name !== at && !addAlias(parent, names);
  if (ts.isCallExpression(parent)) return isHandedOn(survey, parent, at, file, depth);
  return true;
}

/** `app.register(a).register(b)`: each link of the chain is on the instance. */
function isRouteCall(
  survey: Survey,
  member: ts.PropertyAccessExpression,
  names: Set<string>,
  file: RelPath,
  depth: number,
): boolean {
  const method = memberOf(member) ?? '';
  const call = member.parent;
  if (!ts.isCallExpression(call) || call.expression !== member)
    return routeMethods.has(method) || method === 'register';
  if (routeMethods.has(method) && call.arguments.length > 0) return true;
  if (method === 'register' && registersRoutes(survey, call, file, depth)) return true;
  const next = call.parent;
  if (method === 'withTypeProvider' && ts.isVariableDeclaration(next)) return !addAlias(next, names);
  return ts.isPropertyAccessExpression(next) && isRouteCall(survey, next, names, file, depth);
}

function addAlias({ name }: ts.VariableDeclaration, names: Set<string>): boolean {
  if (ts.isIdentifier(name)) names.add(name.text);
  return ts.isIdentifier(name);
}

function isHandedOn(
  survey: Survey,
  call: ts.CallExpression,
  at: ts.Identifier,
  file: RelPath,
  depth: number,
): boolean {
  if (call.expression === at) return true;
  return handsRoutes(survey, call, call.arguments.indexOf(at), file, depth);
}

/** Whether a function that is called with the instance may put routes on it. */
export function handsRoutes(
  survey: Survey,
  { expression }: ts.CallExpression,
  index: number,
  file: RelPath,
  depth = 0,
): boolean {
  const plugin = pluginBehind(survey, survey.names.value(expression, file));
  return plugin === undefined || reachesRoutes(survey, plugin.node, index, plugin.file, depth + 1);
}

/** Packages whose plugin adds hooks, decorators or parsers, and neither routes nor answers of its own. */
const routeless: ReadonlySet<string> = new Set(
  [
    'accepts',
    'auth',
    'awilix',
    'basic-auth',
    'bearer-auth',
    'caching',
    'circuit-breaker',
    'compress',
    'cookie',
    'cors',
    'csrf-protection',
    'early-hints',
    'elasticsearch',
    'env',
    'etag',
    'flash',
    'formbody',
    'helmet',
    'jwt',
    'kafka',
    'leveldb',
    'mongodb',
    'multipart',
    'mysql',
    'passport',
    'postgres',
    'rate-limit',
    'redis',
    'reply-from',
    'request-context',
    'response-validation',
    'routes',
    'schedule',
    'secure-session',
    'sensible',
    'session',
    'swagger',
    'url-data',
    'view',
    'websocket',
  ].flatMap((name) => [`@fastify/${name}`, `fastify-${name}`]),
);

/** Whether a package is known to add no routes; each one that is not known may. */
function isRouteless(name: string): boolean {
  return routeless.has(name);
}

/** The package that an expression's plugin comes from; undefined for one of the service's own. */
export function packageOf(survey: Survey, expression: ts.Expression, file: RelPath): string | undefined {
  const bare = unwrap(expression);
  if (ts.isPropertyAccessExpression(bare)) return packageOf(survey, bare.expression, file);
  if (ts.isCallExpression(bare)) {
    const [first] = bare.arguments;
    const isWrapped = first !== undefined && isFastifyPlugin(bare.expression);
    if (isWrapped) return packageOf(survey, first, file);
    const isImport =
      bare.expression.kind === ts.SyntaxKind.ImportKeyword || bare.expression.getText() === 'require';
    return isImport ? outside(survey, stringOf(first), file) : undefined;
  }
  return ts.isIdentifier(bare) ? outside(survey, importedBy(bare)?.from, file) : undefined;
}

/** The package whose plugin a file exports as its default: `export default cors`, `export { default } from '…'`. */
export function packageBehind(survey: Survey, file: RelPath): string | undefined {
  for (const statement of survey.tree(file).statements) {
    if (ts.isExportAssignment(statement)) return packageOf(survey, statement.expression, file);
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
    if (!ts.isNamedExports(statement.exportClause)) continue;
    const isDefault = statement.exportClause.elements.some(({ name }) => name.text === 'default');
    if (isDefault) return outside(survey, stringOf(statement.moduleSpecifier), file);
  }
  return undefined;
}

function outside(survey: Survey, specifier: string | undefined, file: RelPath): string | undefined {
  if (specifier === undefined || survey.names.module(file, specifier) !== undefined) return undefined;
  return specifier.startsWith('.') ? undefined : specifier;
}
