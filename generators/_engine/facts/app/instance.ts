import type { AppFact, GuardFact, RoutePlugin } from '../../model/app-facts.ts';
import { lazyFacts } from '../../model/service.ts';
import type { RelPath } from '../../model/paths.ts';
import type { ts } from '../../syntax/tree.ts';
import { autoloadedPlugins } from '../routes/autoload-routes.ts';
import { autoloadsOf } from './autoload.ts';
import { type AppPlace, findAppPlace } from './app-place.ts';
import { type Instantiation, findInstantiations } from './instantiations.ts';
import { findEntry } from './entry.ts';
import { isFunctionNode, unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/imports.ts';
import { parameterName } from '../../program/plugin-functions.ts';
import { routePluginsOf } from '../routes/registration.ts';
import { routesOf } from '../routes/route-calls.ts';
import type { Survey } from '../../program/survey.ts';
import { findRootGuard } from '../auth/root-guard.ts';
import { findCalls, type Use } from '../../syntax/calls.ts';

/** The application of a service and the routes on it. */
export interface Instance {
  readonly app: AppFact;
  readonly routes: readonly RoutePlugin[];
  readonly guard: GuardFact | undefined;
}

/**
 * Finds where the Fastify instance is made, what is registered on it and how it listens.
 * @throws RefusalError E_NO_INSTANCE, E_AMBIGUOUS_INSTANCE, E_NO_REGISTRATION_PLACE
 */
export function surveyInstance(survey: Survey): Instance {
  const place = findAppPlace(survey);
  const { file, importable, kind } = place;
  const uses = findCalls(place.scope, place.names);
  const { entry, listen } = findEntry(survey, place.madeIn, place.outside);
  const reached = [{ uses, file }, ...uses.flatMap((use) => handedTo(survey, use, file))];
  const loaded = reached.flatMap((one) => autoloadsOf(survey, one.uses, one.file));
  const autoload = loaded.map(({ autoHooks, dir, dirNameRoutePrefix, holds, prefix }) => {
    return { dir, holds, dirNameRoutePrefix, autoHooks, prefix };
  });
  const app: AppFact = {
    file,
    kind,
    binding: mostUsed(place, uses),
    ...(importable !== undefined && { importable }),
    ...(entry !== undefined && { entry }),
    listen,
    logs: hasLogger(survey),
    autoload,
    ...(place.outside !== undefined && { madeBy: makerOf(survey, place.outside, place.madeIn) }),
  };
  return lazyFacts<Instance>({
    app: () => app,
    routes: () => routePlugins(survey, uses, file),
    guard: () => findRootGuard(survey, { file, node: place.scope, instances: place.names }, uses),
  });
}

/** The package that a call goes to. */
function makerOf(survey: Survey, { expression }: Instantiation['node'], file: RelPath): string {
  return importsOf(survey.tree(file)).get(expression.getText())?.from ?? expression.getText();
}

/** An app that makes no instance itself is started by fastify-cli or by us, which log. */
function hasLogger(survey: Survey): boolean {
  const instantiations = findInstantiations(survey);
  if (instantiations.length === 0) return true;
  return instantiations.some(({ file }) => /\blogger(Instance)?\b(?!\s*:\s*false\b)/.test(survey.text(file)));
}

/** What the function does to the instance that a helper call hands to it: `registerAll(app)`. */
function handedTo(
  survey: Survey,
  { binding, call, kind }: Use,
  file: RelPath,
): readonly Readonly<{ uses: readonly Use[]; file: RelPath }>[] {
  const found = kind === 'helper' ? survey.names.value(call.expression, file) : undefined;
  if (found === undefined || !isFunctionNode(found.node) || found.node.body === undefined) return [];
  const index = call.arguments.findIndex((argument) => unwrap(argument).getText() === binding);
  const name = parameterName(found.node, index);
  return name === undefined ? [] : [{ uses: findCalls(found.node.body, [name]), file: found.file }];
}

/** The name that most is registered on: a typed alias, where the service uses one throughout. */
function mostUsed({ binding }: AppPlace, uses: readonly Use[]): string {
  const registers = uses.filter(({ kind }) => kind === 'register');
  const [first] = registers;
  const isOther = first !== undefined && registers.every((use) => use.binding === first.binding);
  return isOther ? first.binding : binding;
}

function routePlugins(survey: Survey, uses: readonly Use[], file: RelPath): readonly RoutePlugin[] {
  const inline = uses.filter(({ kind }) => kind === 'route');
  const known = new Set<ts.CallExpression>();
  return uses.flatMap((use): readonly RoutePlugin[] => {
    if (known.has(use.call)) return [];
    known.add(use.call);
    if (use.kind !== 'route') {
      const folders = autoloadsOf(survey, [use], file);
      if (folders.length > 0) return folders.flatMap((folder) => autoloadedPlugins(survey, folder));
      const below = handedTo(survey, use, file).flatMap((one) => autoloadsOf(survey, one.uses, one.file));
      const autoloaded = below.flatMap((folder) => autoloadedPlugins(survey, folder));
      return [...routePluginsOf(survey, [use], file), ...autoloaded];
    }
    if (use !== inline[0]) return [];
    const routes = inline.flatMap((one) => routesOf(survey, one, file, ''));
    return [{ name: 'inline', file, kind: 'inline', autoloaded: false, prefix: '', routes }];
  });
}
