import { type Obstacle, RefusalError } from '../../model/obstacle.ts';
import { lineOf, ts } from '../../syntax/tree.ts';
import {
  callsFromOutside,
  type Instantiation,
  findInstantiations,
  findOutsideInstantiations,
  findTakers,
  wantsInstance,
} from './instantiations.ts';
import { instantiationKind, functionExport, importableOf, isAsync } from './entry.ts';
import { exportOf, importsOf } from '../../syntax/symbols.ts';
import { foundOnce, type Survey } from '../../program/survey.ts';
import {
  defaultPlugin,
  findPluginFunction,
  parameterName,
  type PluginFunction,
} from '../../program/plugin-functions.ts';
import { autoloadsOf } from '../routes/autoload.ts';
import { findCalls, rootOf } from '../../syntax/calls.ts';
import type { AppFact } from '../../model/app-facts.ts';
import { basenameRel, type RelPath } from '../../model/paths.ts';
import { type FunctionNode, isFunctionNode } from '../../syntax/expressions.ts';

type Named = Instantiation & { readonly binding: string };

/** @throws RefusalError E_NO_INSTANCE, E_AMBIGUOUS_INSTANCE, E_NO_REGISTRATION_PLACE */
export const findAppPlace = foundOnce((survey): AppPlace => {
  const own = findInstantiations(survey);
  const instantiations = own.length > 0 ? own : findOutsideInstantiations(survey);
  if (instantiations.length === 0)
    return findAppPlugin(survey) ?? findHandedApp(survey) ?? refuseWith(noInstance(survey));
  const instantiation = choose(survey, instantiations);
  const plugin = findAppPlugin(survey, instantiation);
  if (plugin !== undefined) return plugin;
  const importable = importableOf(survey, instantiation);
  return {
    file: instantiation.file,
    kind: instantiationKind(instantiation),
    binding: instantiation.binding,
    names: namesOf(instantiation),
    ...(importable !== undefined && { importable }),
    scope: instantiation.scope,
    madeIn: instantiation.file,
    ...(own.length === 0 && { outside: instantiation.node }),
  };
});

/** Where something is registered: directly, on what a function returned, or on an instance imported from its file. */
function choose(survey: Survey, instantiations: readonly Instantiation[]): Named {
  const named = instantiations.filter(isNamed);
  const takers = findTakers(survey, instantiations).filter(isNamed);
  const importers = named.flatMap((instantiation) => findImporters(survey, instantiation));
  for (const candidates of [named, takers, importers]) {
    const used = candidates.filter((one) => countUses(one) > 0);
    const [only, other] = used;
    if (only !== undefined && other === undefined) return only;
    if (only !== undefined && other !== undefined) return mostRegistered(survey, used);
  }
  const [only, other] = named;
  if (only !== undefined) return other === undefined ? only : refuseWith(ambiguousInstance(survey, named));
  return refuseWith(noBinding(survey, instantiations));
}

/**
 * The application is the one instance with plugins of its own beside others with a route or two (metrics, a health
 * port) or with packages alone (made to sign a token in a script).
 */
function mostRegistered(survey: Survey, used: readonly Named[]): Named {
  for (const isOne of [registersAny, registersOwn]) {
    const [only, other] = used.filter((one) => isOne(survey, one));
    if (only !== undefined && other === undefined) return only;
  }
  return refuseWith(ambiguousInstance(survey, used));
}

function registersAny(_survey: Survey, instantiation: Named): boolean {
  return usesOf(instantiation).some(({ kind }) => kind === 'register');
}

/** A plugin of the service's own code, or folders of them. */
function registersOwn(survey: Survey, instantiation: Named): boolean {
  return usesOf(instantiation).some((use) => {
    const [plugin] = use.call.arguments;
    if (use.kind !== 'register' || plugin === undefined) return use.kind === 'helper';
    if (findPluginFunction(survey, plugin, instantiation.file) !== undefined) return true;
    return autoloadsOf(survey, [use], instantiation.file).length > 0;
  });
}

function findImporters(survey: Survey, instantiation: Named): readonly Named[] {
  const exported =
    instantiation.at === 'module'
      ? exportOf(survey.tree(instantiation.file), instantiation.binding)
      : undefined;
  if (exported === undefined) return [];
  const name = exported.export === 'default' ? 'default' : exported.name;
  return survey.filesMatching(/\.(register|get|post|route)\b/).flatMap((file) => {
    const tree = survey.tree(file);
    for (const [binding, imported] of importsOf(tree)) {
      if (imported.name === name && survey.names.module(file, imported.from) === instantiation.file) {
        return [{ ...instantiation, file, binding, scope: tree }];
      }
    }
    return [];
  });
}

function usesOf(instantiation: Named): ReturnType<typeof findCalls> {
  return findCalls(instantiation.scope, namesOf(instantiation));
}

function namesOf({ binding, node }: Named): readonly string[] {
  return [binding, ...(isChained(node) ? [rootOf(node) ?? binding] : [])];
}

function isChained({ parent }: Instantiation['node']): boolean {
  return ts.isPropertyAccessExpression(parent);
}

function countUses(instantiation: Named): number {
  return usesOf(instantiation).length;
}

function isNamed(instantiation: Instantiation): instantiation is Named {
  return instantiation.binding !== undefined;
}

function refuseWith(obstacle: Obstacle): never {
  throw new RefusalError(obstacle);
}

/** Where plugins are registered, and in which piece of code. */
export interface AppPlace extends Pick<AppFact, 'file' | 'kind' | 'binding' | 'importable'> {
  /** The code in which `names` are the instance. */
  readonly scope: ts.Node;
  /** `binding`, and `fastify()` where things are chained on the call that makes it. */
  readonly names: readonly string[];
  /** The file that makes the instance; the app's own file for an app that is a plugin. */
  readonly madeIn: RelPath;
  /** The call that returns the instance, where a package makes it. */
  readonly outside?: Instantiation['node'];
}

/**
 * The application as a plugin: without a `instantiation`, a default export that autoloads (started by fastify-cli); with
 * one, the plugin of another file that the server file does nothing but register.
 */
function findAppPlugin(
  survey: Survey,
  instantiation?: Instantiation & { readonly binding: string },
): AppPlace | undefined {
  if (instantiation !== undefined) return registeredApp(survey, instantiation);
  const startsWithCli = Object.values(survey.head.manifest.scripts).some((script) =>
    /\bfastify start\b/.test(script),
  );
  for (const file of survey.filesMatching(/export default|export =/)) {
    const plugin = defaultPlugin(survey, file);
    if (plugin?.file !== file) continue;
    const isApp = loadsFolders(survey, plugin) || (startsWithCli && /^app\.[cm]?ts$/.test(basenameRel(file)));
    if (isApp) return placeOf(survey, plugin, file);
  }
  return undefined;
}

/** The function of the service that a package is given to put its routes on the instance: `serve({ setupRoutes })`. */
function findHandedApp(survey: Survey): AppPlace | undefined {
  for (const file of survey.filesMatching(/\bfrom\b|\brequire\b/)) {
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
  return instance !== undefined && findCalls(node.body ?? node, [instance]).length > 0;
}

function registeredApp(
  survey: Survey,
  { binding, file, node, scope }: Instantiation & { readonly binding: string },
): AppPlace | undefined {
  const uses = findCalls(scope, [binding]);
  if (uses.some(({ kind }) => kind === 'route')) return undefined;
  const locals = uses.flatMap(({ call, kind }) => {
    const [first] = call.arguments;
    const found =
      kind === 'register' && first !== undefined ? findPluginFunction(survey, first, file) : undefined;
    return found === undefined ? [] : [found];
  });
  const [plugin, other] = locals;
  if (plugin === undefined || other !== undefined) return undefined;
  // `if (isMain) { … }`: who imports the plugin, such as fastify-cli or a test, gets nothing of that block.
  if (plugin.file === file)
    return isConditional(node) && functionExport(survey.tree(file), plugin.node) !== undefined
      ? placeOf(survey, plugin, file)
      : undefined;
  const isApp = loadsFolders(survey, plugin) || /^app\.[cm]?ts$/.test(basenameRel(plugin.file));
  return isApp ? placeOf(survey, plugin, file) : undefined;
}

function isConditional(node: ts.Node): boolean {
  return ts.findAncestor(node, ts.isIfStatement) !== undefined;
}

function loadsFolders(survey: Survey, { file, node }: PluginFunction): boolean {
  const instance = parameterName(node);
  return (
    instance !== undefined && autoloadsOf(survey, findCalls(node.body ?? node, [instance]), file).length > 0
  );
}

function placeOf(survey: Survey, { file, node }: PluginFunction, madeIn: RelPath): AppPlace | undefined {
  const binding = parameterName(node);
  if (binding === undefined || node.body === undefined) return undefined;
  const exported = functionExport(survey.tree(file), node) ?? { name: 'app', export: 'default' as const };
  const importable = { ...exported, shape: 'plugin' as const, async: isAsync(node), requiredParameters: [] };
  return { file, kind: 'plugin', binding, names: [binding], importable, scope: node.body, madeIn };
}

function noInstance({ files, head: { dir, name } }: Survey): Obstacle {
  return {
    code: 'E_NO_INSTANCE',
    at: { path: dir === '' ? '.' : dir },
    message: `No Fastify instance was found in ${name}: none of its ${files.length} TypeScript files calls fastify() or registers plugins on an instance from a package.`,
    remedy:
      'Choose a service with its own application. add-circuit-breaker and add-service-client need no instance and also work here.',
    manual:
      "At the instantiation of the instance: await app.register(authMiddleware), with a plugin that calls `client.post('/auth/verify', { token })` in an onRequest hook.",
  };
}

function ambiguousInstance(survey: Survey, instantiations: readonly Instantiation[]): Obstacle {
  return {
    code: 'E_AMBIGUOUS_INSTANCE',
    at: { path: instantiations[0]?.file ?? survey.head.dir },
    message: `${survey.head.name} creates more than one Fastify instance: ${placesOf(survey, instantiations)}.`,
    remedy:
      'Only a service with one application is supported; move the other application to its own package.',
  };
}

function noBinding(survey: Survey, instantiations: readonly Instantiation[]): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at: { path: instantiations[0]?.file ?? survey.head.dir },
    message: `The Fastify instance is not assigned to a variable (${placesOf(survey, instantiations)}).`,
    remedy: 'Assign the instance to a variable, as in `const app = fastify()`, and run the command again.',
  };
}

function placesOf(survey: Survey, instantiations: readonly Instantiation[]): string {
  return instantiations
    .map(({ file, node }) => `${file}:${lineOf(survey.tree(file), node.getStart())}`)
    .join(', ');
}
