import type { AppFact } from '../../model/app-facts.ts';
import type { Style } from '../../model/code-facts.ts';
import { lazyFacts, type Service, type ServiceHead } from '../../model/service.ts';
import { attempt, obstaclesOf, RefusalError } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ConfigFact, JwtFact } from '../../model/resource-facts.ts';
import { surveyConfig } from '../config/config.ts';
import { fastifyMajorOf, surveyTooling } from '../tooling.ts';
import { withoutGenerated } from '../style/generated-files.ts';
import { type Instance, surveyInstance } from './instance.ts';
import { surveyJwt } from '../auth/jwt.ts';
import { surveyLayout } from '../style/layout.ts';
import { findDecorators, findPluginNames, findRequestDecorations } from './decorations.ts';
import { surveyModules } from '../style/modules.ts';
import { surveyRedis } from '../redis.ts';
import { assertServable } from '../../program/sources.ts';
import { detectStyle } from '../style/style.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import { surveyTesting } from '../testing.ts';
import type { RunAnswers } from '../../model/generator.ts';
import { surveyHeads } from '../../repo/services.ts';

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
    plainSchemas: () => open.filesMatching(/\.setValidatorCompiler\(/).length === 0,
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
  const isRead = secret.expression.startsWith(`${reader.expression}.`);
  return isRead ? { ...jwt, secret: { ...secret, imports: reader.imports } } : jwt;
}

/**
 * The service that a plan changes: `target` is its folder. `needsInstance` as {@link surveyService} has it.
 * @throws RefusalError
 */
export function surveyTarget(
  repo: Repo,
  { target }: Pick<RunAnswers, 'target'>,
  needsInstance = true,
): Service {
  const head = surveyHeads(repo).find(({ dir }) => dir === target);
  if (head !== undefined) return surveyService(repo, head, needsInstance);
  throw new RefusalError({
    code: 'E_NO_SUCH_SERVICE',
    message: `There is no Fastify service in ${target}.`,
    remedy: 'Name a folder whose package.json depends on fastify.',
  });
}

/** The facts about the service in a folder; undefined where it cannot be changed. */
export function findService(repo: Repo, dir: RelPath): Service | undefined {
  return attempt(() => surveyTarget(repo, { target: dir }));
}
