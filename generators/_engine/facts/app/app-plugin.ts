import type { AppFact } from '../../model/app-facts.ts';
import { basenameRel, type RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { autoloadsOf } from './autoload.ts';
import type { Creation } from './creations.ts';
import { type FunctionNode, isFunctionNode } from '../../syntax/expressions.ts';
import { functionExport, isAsync } from './importable.ts';
import { callsFromOutside, wantsInstance } from './outside-creations.ts';
import { findPluginFunction, parameterName, type PluginFunction } from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import { findUses } from '../../syntax/uses.ts';

/** Where plugins are registered, and in which piece of code. */
export interface AppPlace extends Pick<AppFact, 'file' | 'kind' | 'binding' | 'importable'> {
  /** The code in which `names` are the instance. */
  readonly scope: ts.Node;
  /** `binding`, and `fastify()` where things are chained on the call that makes it. */
  readonly names: readonly string[];
  /** The file that makes the instance; the app's own file for an app that is a plugin. */
  readonly madeIn: RelPath;
  /** The call that gives the instance, where a package makes it. */
  readonly outside?: Creation['node'];
}

/**
 * The application as a plugin: without a `creation`, a default export that autoloads (started by fastify-cli); with
 * one, the plugin of another file that the server file does nothing but register.
 */
export function findAppPlugin(
  survey: Survey,
  creation?: Creation & { readonly binding: string },
): AppPlace | undefined {
  if (creation !== undefined) return registeredApp(survey, creation);
  const startsWithCli = Object.values(survey.head.manifest.scripts).some((script) =>
    /\bfastify start\b/.test(script),
  );
  for (const file of survey.mentioning(/export default|export =/)) {
    const plugin = defaultPlugin(survey, file);
    if (plugin?.file !== file) continue;
    const isApp = loadsFolders(survey, plugin) || (startsWithCli && /^app\.[cm]?ts$/.test(basenameRel(file)));
    if (isApp) return placeOf(survey, plugin, file);
  }
  return undefined;
}

/** The function of the service that a package is given to put its routes on the instance: `serve({ setupRoutes })`. */
export function findHandedApp(survey: Survey): AppPlace | undefined {
  for (const file of survey.mentioning(/\bfrom\b|\brequire\b/)) {
    for (const outside of callsFromOutside(survey, file)) {
      const found = (outside.arguments ?? []).flatMap((one) => functionsIn(survey, one, file));
      const [only] = found.filter(({ node }) => wantsInstance(node, 0) && isApp(node));
      const place = only === undefined ? undefined : placeOf(survey, only, file);
      if (place !== undefined) return { ...place, outside };
    }
  }
  return undefined;
}

/** A function that is an argument, and those that are members of one. */
function functionsIn(survey: Survey, argument: ts.Expression, file: RelPath): readonly PluginFunction[] {
  const found = survey.names.value(argument, file);
  if (found === undefined) return [];
  if (isFunctionNode(found.node)) return [{ file: found.file, node: found.node, shared: false }];
  if (!ts.isObjectLiteralExpression(found.node)) return [];
  return found.node.properties.flatMap((member): readonly PluginFunction[] => {
    if (ts.isMethodDeclaration(member)) return [{ file: found.file, node: member, shared: false }];
    const value = ts.isShorthandPropertyAssignment(member)
      ? member.name
      : ts.isPropertyAssignment(member)
        ? member.initializer
        : undefined;
    const inner = value === undefined ? undefined : survey.names.value(value, found.file);
    const isFunction = inner !== undefined && isFunctionNode(inner.node);
    return isFunction ? [{ file: inner.file, node: inner.node, shared: false }] : [];
  });
}

function isApp(node: FunctionNode): boolean {
  const instance = parameterName(node);
  return instance !== undefined && findUses(node.body ?? node, [instance]).length > 0;
}

function registeredApp(
  survey: Survey,
  { binding, file, scope }: Creation & { readonly binding: string },
): AppPlace | undefined {
  const uses = findUses(scope, [binding]);
  if (uses.some(({ kind }) => kind === 'route')) return undefined;
  const locals = uses.flatMap(({ call, kind }) => {
    const [first] = call.arguments;
    const found =
      kind === 'register' && first !== undefined ? findPluginFunction(survey, first, file) : undefined;
    return found === undefined ? [] : [found];
  });
  const [plugin, other] = locals;
  if (plugin === undefined || other !== undefined || plugin.file === file) return undefined;
  const isApp = loadsFolders(survey, plugin) || /^app\.[cm]?ts$/.test(basenameRel(plugin.file));
  return isApp ? placeOf(survey, plugin, file) : undefined;
}

function defaultPlugin(survey: Survey, file: RelPath): PluginFunction | undefined {
  const found = survey.names.exported(file, 'default');
  if (found === undefined) return undefined;
  if (isFunctionNode(found.node)) return { file: found.file, node: found.node, shared: false };
  return ts.isExpression(found.node) ? findPluginFunction(survey, found.node, found.file) : undefined;
}

function loadsFolders(survey: Survey, { file, node }: PluginFunction): boolean {
  const instance = parameterName(node);
  return (
    instance !== undefined && autoloadsOf(survey, findUses(node.body ?? node, [instance]), file).length > 0
  );
}

function placeOf(survey: Survey, { file, node }: PluginFunction, madeIn: RelPath): AppPlace | undefined {
  const binding = parameterName(node);
  if (binding === undefined || node.body === undefined) return undefined;
  const exported = functionExport(survey.tree(file), node) ?? { name: 'app', export: 'default' as const };
  const importable = { ...exported, shape: 'plugin' as const, async: isAsync(node), requiredParameters: [] };
  return { file, kind: 'plugin', binding, names: [binding], importable, scope: node.body, madeIn };
}
