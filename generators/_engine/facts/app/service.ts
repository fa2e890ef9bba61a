import type { AppFact } from '../../model/app-facts.ts';
import type { Style } from '../../model/code-facts.ts';
import { lazyFacts } from '../../model/lazy-facts.ts';
import { type Refusal, RefusalError, refuse } from '../../model/refusal.ts';
import type { Repo } from '../../model/repo.ts';
import type { ConfigFact, JwtFact } from '../../model/resource-facts.ts';
import type { Service, ServiceHead } from '../../model/service.ts';
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
 * The facts about one service, or why it cannot be changed. Reads only, by syntax tree, and only what is asked for: a
 * fact that cannot be read refuses then. `needsInstance` false: for what
 * is not registered anywhere; a package without an instance is served as well.
 */
export function surveyService(repo: Repo, head: ServiceHead, needsInstance = true): Service | Refusal {
  const open = openSurvey(repo, head);
  const facts = needsInstance ? withInstance : withAnyInstance;
  const found = facts.get(open) ?? surveyOrRefuse(open, needsInstance);
  facts.set(open, found);
  return found;
}

const withInstance = new WeakMap<Survey, Service | Refusal>();
const withAnyInstance = new WeakMap<Survey, Service | Refusal>();

function surveyOrRefuse(open: Survey, needsInstance: boolean): Service | Refusal {
  try {
    return survey(open, needsInstance);
  } catch (error) {
    if (error instanceof RefusalError) return refuse(...error.obstacles);
    throw error;
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
  const isRead = secret.expression.replace(/^\(/, '').startsWith(`${reader.expression}.`);
  return isRead ? { ...jwt, secret: { ...secret, imports: reader.imports } } : jwt;
}

/** The service that a plan changes: `target` is its folder. `needsInstance` as {@link surveyService} has it. */
export function surveyTarget(
  repo: Repo,
  { target }: Pick<RunAnswers, 'target'>,
  needsInstance = true,
): Service | Refusal {
  const head = surveyHeads(repo).find(({ dir }) => dir === target);
  if (head !== undefined) return surveyService(repo, head, needsInstance);
  return refuse({
    code: 'E_NO_SUCH_SERVICE',
    message: `There is no Fastify service in ${target}.`,
    remedy: 'Name a folder whose package.json depends on fastify.',
  });
}
