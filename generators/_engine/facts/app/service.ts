import type { AppFact, GuardFact, RoutePlugin } from '../../model/app-facts.ts';
import type { SharedPackage, Style } from '../../model/code-facts.ts';
import type { RunAnswers } from '../../model/generator.ts';
import { attempt, obstaclesOf, RefusalError } from '../../model/obstacle.ts';
import { type RelPath, toRel } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import {
  type ConfigFact,
  type JwtFact,
  lazyFacts,
  type Service,
  type ServiceHead,
  withFacts,
} from '../../model/service.ts';
import { type CallsInFile, findHelper, parameterName } from '../../program/plugin-functions.ts';
import { assertServable, openSurvey, type Survey } from '../../program/survey.ts';
import { surveyHeads } from '../../repo/services.ts';
import { sharedPackageFor } from '../../repo/sibling-packages.ts';
import { findCalls, type Use } from '../../syntax/calls.ts';
import { importsOf } from '../../syntax/symbols.ts';
import type { ts } from '../../syntax/tree.ts';
import { surveyJwt } from '../auth/jwt.ts';
import { findRootGuard } from '../auth/root-guard.ts';
import { surveyConfig } from '../config/config.ts';
import { surveyRedis } from '../redis.ts';
import { autoloadedPlugins, autoloadsOf } from '../routes/autoload.ts';
import { handedPlugins, routePluginsOf } from '../routes/registration.ts';
import { routesOf } from '../routes/route-calls.ts';
import { withoutGenerated } from '../../program/survey.ts';
import { detectStyle, surveyLayout } from '../style/style.ts';
import { surveyModules } from '../style/place-file.ts';
import { surveyTesting, surveyTooling } from '../tooling.ts';
import { type AppPlace, findAppPlace } from './app-place.ts';
import { findDecorators, findPluginNames, findRequestDecorations } from './decorations.ts';
import { findEntry } from './entry.ts';
import { findInstantiations, type Instantiation } from './instantiations.ts';
import { openSibling, siblingsOf } from './siblings.ts';
import { fastifyMajorOf, isOlder } from '../installed-version.ts';

const styleSample = 60;

/**
 * The facts about one service. Reads only, by syntax tree, and each fact when it is asked for. `needsInstance` false:
 * for what is not registered anywhere; a package without an instance is served as well.
 * @throws RefusalError when the service cannot be changed; a fact throws when it cannot be read
 */
export function surveyService(repo: Repo, head: ServiceHead, needsInstance = true): Service {
  const open = openSurvey(repo, head);
  const surveyed = needsInstance ? withInstance : withAnyInstance;
  const service = surveyed.get(open) ?? surveyOnce(open, needsInstance);
  surveyed.set(open, service);
  return service();
}

/** Surveys by their result: a service that was refused is refused again. */
const withInstance = new WeakMap<Survey, () => Service>();
const withAnyInstance = new WeakMap<Survey, () => Service>();

function surveyOnce(open: Survey, needsInstance: boolean): () => Service {
  try {
    const service = survey(open, needsInstance);
    return () => service;
  } catch (error) {
    const [first, ...more] = obstaclesOf(error);
    return () => {
      throw new RefusalError(first, ...more);
    };
  }
}

function survey(open: Survey, needsInstance: boolean): Service {
  const { head, repo } = open;
  assertServable(open);
  const instance = needsInstance ? surveyInstance(open) : surveyAnyInstance(open);
  const { app } = instance;
  const service: Service = lazyFacts<Service>({
    name: () => head.name,
    dir: () => head.dir,
    manifest: () => head.manifest,
    fastifyMajor: () => fastifyMajorOf(repo, head),
    isOlder: () => (name, major, minor) => isOlder(repo, head, name, major, minor),
    app: () => app,
    modules: () => surveyModules(repo, head),
    style: () => surveyStyle(open, app),
    layout: () => surveyLayout(withoutGenerated(open), app, () => instance.routes),
    jwt: () => throughReader(surveyJwt(open), service.config),
    redis: () => surveyRedis(open),
    config: () => surveyConfig(open),
    testing: () => surveyTesting(open),
    tooling: () => surveyTooling(repo, head),
    routes: () => instance.routes,
    decorators: () => findDecorators(open),
    requestDecorations: () => findRequestDecorations(open),
    pluginNames: () => findPluginNames(open, app.autoload),
    guard: () => instance.guard,
    plainSchemas: () =>
      [open, ...siblingsOf(open)].every((one) => one.filesMatching(/\.setValidatorCompiler\(/).length === 0),
  });
  return service;
}

function surveyStyle(open: Survey, { file: first }: AppFact): Style {
  const own = withoutGenerated(open).files.filter((file) => file !== first);
  return detectStyle([first, ...own].slice(0, styleSample).map((file) => open.text(file)));
}

const instanceCodes: ReadonlySet<string> = new Set([
  'E_NO_INSTANCE',
  'E_AMBIGUOUS_INSTANCE',
  'E_NO_REGISTRATION_PLACE',
]);

/** A package without one instance of its own has its code beside its first file, and nothing is registered in it. */
function surveyAnyInstance(open: Survey): Instance {
  try {
    return surveyInstance(open);
  } catch (error) {
    const [file] = open.files;
    const isAboutInstance = error instanceof RefusalError && instanceCodes.has(error.obstacles[0].code);
    if (!isAboutInstance || file === undefined) throw error;
    const app = {
      file,
      kind: 'singleton',
      binding: '',
      listen: {},
      logs: false,
      autoload: [],
    } as const;
    return { app, routes: [], guard: undefined };
  }
}

/** The configuration has one way in: two imports of one name, from its file and from an index, would not compile. */
export function throughReader(jwt: JwtFact, { reader }: ConfigFact): JwtFact {
  const { secret } = jwt;
  if (reader === undefined || secret === undefined) return jwt;
  const isRead = secret.expression.replace(/^\(/, '').startsWith(`${reader.expression}.`);
  return isRead ? { ...jwt, secret: { ...secret, imports: reader.imports } } : jwt;
}

/**
 * The service that a plan changes: `target` is its folder. `needsInstance` as {@link surveyService} has it.
 * @throws RefusalError
 */
export function surveyTarget(
  repo: Repo,
  { shared, target }: Pick<RunAnswers, 'shared' | 'target'>,
  needsInstance = true,
): Service {
  const head = surveyHeads(repo).find(({ dir }) => dir === target);
  if (head !== undefined) {
    const service = surveyService(repo, head, needsInstance);
    // One that the plan makes is not on the disk yet.
    return shared === undefined || shared === 'none'
      ? service
      : withShared(service, sharedPackageFor(repo, head, toRel(shared)));
  }
  throw new RefusalError({
    code: 'E_NO_SUCH_SERVICE',
    message: `There is no Fastify service in ${target}.`,
    remedy: 'Name a folder whose package.json depends on fastify.',
  });
}

function withShared(service: Service, shared: SharedPackage): Service {
  return withFacts(service, {
    layout: withFacts(service.layout, { shared }),
    modules: { ...service.modules, shared },
  });
}

/** The facts about the service in a folder; undefined where it cannot be changed. */
export function findService(repo: Repo, dir: RelPath, needsInstance = true): Service | undefined {
  return attempt(() => surveyTarget(repo, { target: dir }, needsInstance));
}

/** The application of a service and the routes on it. */
interface Instance {
  readonly app: AppFact;
  readonly routes: readonly RoutePlugin[];
  readonly guard: GuardFact | undefined;
}

/**
 * Finds where the Fastify instance is made, what is registered on it and how it listens.
 * @throws RefusalError E_NO_INSTANCE, E_AMBIGUOUS_INSTANCE, E_NO_REGISTRATION_PLACE
 */
function surveyInstance(survey: Survey): Instance {
  const place = findAppPlace(survey);
  const { file, importable, kind } = place;
  const uses = findCalls(place.scope, place.names);
  const { entry, listen } = findEntry(survey, place.madeIn, place.outside);
  const reached = [{ uses, file }, ...uses.flatMap((use) => handedTo(survey, use, file))];
  const loaded = reached.flatMap((one) => autoloadsOf(survey, one.uses, one.file));
  const autoload = loaded.map(({ autoHooks, dir, dirNameRoutePrefix, holds, loads, prefix }) => {
    return { dir, holds, dirNameRoutePrefix, autoHooks, prefix, loads };
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
  const made = lazyFacts({ by: () => makerOfInstance(survey, app) });
  return lazyFacts<Instance>({
    app: () => app,
    routes: () => [
      ...(made.by?.routes ?? []).map(ofMaker),
      ...routePlugins(survey, uses, file),
      ...handedPlugins(survey, place.scope, place.names, file),
    ],
    guard: () =>
      findRootGuard(survey, { file, node: place.scope, instances: place.names }, uses) ?? made.by?.guard,
  });
}

/** What the package of the repo that makes the instance has on it already. */
function makerOfInstance({ head, repo }: Survey, { madeBy }: AppFact): Instance | undefined {
  const maker = madeBy === undefined ? undefined : openSibling(repo, madeBy);
  // Two packages that make their instance by each other make none.
  if (
    maker === undefined ||
    maker.head.dir === head.dir ||
    maker.head.manifest.dependencies[head.name] !== undefined
  )
    return undefined;
  return attempt(() => surveyInstance(maker));
}

/** Without a file: what is in another package is not for this service's plans to change. */
function ofMaker({ name, prefix, routes }: RoutePlugin): RoutePlugin {
  return { name, kind: 'shared', autoloaded: false, prefix, routes };
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

/** What the function does to the instance that a helper call hands to it. */
function handedTo(survey: Survey, use: Use, file: RelPath): readonly CallsInFile[] {
  const found = findHelper(survey, use, file);
  const name = found && parameterName(found.node, found.index);
  if (found?.node.body === undefined || name === undefined) return [];
  return [{ uses: findCalls(found.node.body, [name]), file: found.file }];
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
