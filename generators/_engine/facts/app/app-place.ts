import type { Obstacle } from '../../model/obstacle.ts';
import { RefusalError } from '../../model/refusal.ts';
import { ts } from '../../syntax/tree.ts';
import { type Creation, findCreations, findTakers } from './creations.ts';
import { type AppPlace, findAppPlugin, findHandedApp } from './app-plugin.ts';
import { creationKind, importableOf } from './importable.ts';
import { exportOf } from '../../syntax/exports.ts';
import { importsOf } from '../../syntax/imports.ts';
import { ambiguousInstance, noBinding, noInstance } from './instance-obstacles.ts';
import type { Survey } from '../../program/survey.ts';
import { findOutsideCreations } from './outside-creations.ts';
import { findPluginFunction } from '../../program/plugin-functions.ts';
import { autoloadsOf } from './autoload.ts';
import { findUses, rootOf } from '../../syntax/uses.ts';

type Named = Creation & { readonly binding: string };

/** @throws RefusalError E_NO_INSTANCE, E_AMBIGUOUS_INSTANCE, E_NO_REGISTRATION_PLACE */
export function findAppPlace(survey: Survey): AppPlace {
  const own = findCreations(survey);
  const creations = own.length > 0 ? own : findOutsideCreations(survey);
  if (creations.length === 0)
    return findAppPlugin(survey) ?? findHandedApp(survey) ?? refuseWith(noInstance(survey));
  const creation = choose(survey, creations);
  const plugin = findAppPlugin(survey, creation);
  if (plugin !== undefined) return plugin;
  const importable = importableOf(survey, creation);
  return {
    file: creation.file,
    kind: creationKind(creation),
    binding: creation.binding,
    names: namesOf(creation),
    ...(importable !== undefined && { importable }),
    scope: creation.scope,
    madeIn: creation.file,
    ...(own.length === 0 && { outside: creation.node }),
  };
}

/** Where something is registered: directly, on what a function returned, or on an instance imported from its file. */
function choose(survey: Survey, creations: readonly Creation[]): Named {
  const named = creations.filter(isNamed);
  const takers = findTakers(survey, creations).filter(isNamed);
  const importers = named.flatMap((creation) => findImporters(survey, creation));
  for (const candidates of [named, takers, importers]) {
    const used = candidates.filter((one) => countUses(one) > 0);
    const [only, other] = used;
    if (only !== undefined && other === undefined) return only;
    if (only !== undefined && other !== undefined) return mostRegistered(survey, used);
  }
  const [only, other] = named;
  if (only !== undefined) return other === undefined ? only : refuseWith(ambiguousInstance(survey, named));
  return refuseWith(noBinding(survey, creations));
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

function registersAny(_survey: Survey, creation: Named): boolean {
  return usesOf(creation).some(({ kind }) => kind === 'register');
}

/** A plugin of the service's own code, or folders of them. */
function registersOwn(survey: Survey, creation: Named): boolean {
  return usesOf(creation).some((use) => {
    const [plugin] = use.call.arguments;
    if (use.kind !== 'register' || plugin === undefined) return use.kind === 'helper';
    if (findPluginFunction(survey, plugin, creation.file) !== undefined) return true;
    return autoloadsOf(survey, [use], creation.file).length > 0;
  });
}

function findImporters(survey: Survey, creation: Named): readonly Named[] {
  const exported =
    creation.at === 'module' ? exportOf(survey.tree(creation.file), creation.binding) : undefined;
  if (exported === undefined) return [];
  const name = exported.export === 'default' ? 'default' : exported.name;
  return survey.mentioning(/\.(register|get|post|route)\b/).flatMap((file) => {
    const tree = survey.tree(file);
    for (const [binding, imported] of importsOf(tree)) {
      if (imported.name === name && survey.names.module(file, imported.from) === creation.file) {
        return [{ ...creation, file, binding, scope: tree }];
      }
    }
    return [];
  });
}

function usesOf(creation: Named): ReturnType<typeof findUses> {
  return findUses(creation.scope, namesOf(creation));
}

function namesOf({ binding, node }: Named): readonly string[] {
  return [binding, ...(isChained(node) ? [rootOf(node) ?? binding] : [])];
}

function isChained({ parent }: Creation['node']): boolean {
  return ts.isPropertyAccessExpression(parent);
}

function countUses(creation: Named): number {
  return usesOf(creation).length;
}

function isNamed(creation: Creation): creation is Named {
  return creation.binding !== undefined;
}

function refuseWith(obstacle: Obstacle): never {
  throw new RefusalError(obstacle);
}
