import type { RunAnswers } from '../_engine/model/generator.ts';
import { type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { isAutoloaded, testFileFor } from '../_engine/facts/style/place-file.ts';
import { createRedisLifecycle } from '../_engine/edit/redis-connection.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render, renderModule, renderTest } from '../_engine/render/render.ts';
import { siblingsOf } from '../_engine/facts/app/siblings.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { findUserMember } from '../_engine/facts/app/decorations.ts';
import {
  bucketTestView,
  type LimitFiles,
  limitFiles,
  type LimitParts,
  limitParts,
  limitSpecifiers,
  limitTestView,
  limitView,
  sharedBucketsView,
  type Store,
} from './views.ts';

const role = 'rate-limit';

export interface LimitAnswers extends RunAnswers {
  readonly store: Store | undefined;
  readonly path: string;
}

/** The limits, their buckets and tests, registered before whatever looks at a token. */
export async function planRateLimit(answers: LimitAnswers, repo: Repo): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const { manifest, redis } = service;
  const siblings = siblingsOf(openSurvey(repo, service)).map(({ head }) => head.manifest);
  const limiting = [manifest, ...siblings].find(
    ({ dependencies }) => dependencies['@fastify/rate-limit'] !== undefined,
  );
  if (limiting !== undefined) throw new RefusalError(isLimited(service, limiting.path));
  if (service.isOlder('fastify', 4, 24)) throw new RefusalError(oldFastify(service));
  const store = answers.store ?? (redis.library === 'none' ? 'memory' : 'redis');
  const files = limitFiles(service);
  const draft = openDraft(repo);
  const parts = limitParts(service, repo, store);
  renderModules(draft, service, files, parts);
  const view = limitView(service, repo, files, parts, answers.path);
  draft.create(files.plugin, role, render('add-s2s-rate-limit/rate-limit.ts.hbs', view, service.style));
  renderTests(draft, service, files, parts, answers.path);
  registerPlugin(draft, service, {
    file: files.plugin,
    plugin: 'rateLimit',
    before: ['authVerify', 'authMiddleware'],
  });
  await planNeeds(draft, service, store);
  addNotes(draft, service, files, store);
  return draft.finish();
}

function renderModules(draft: Draft, service: Service, files: LimitFiles, parts: LimitParts): void {
  const { style } = service;
  const specifiers = limitSpecifiers(service, files);
  const module = (file: RelPath, name: string): void => {
    draft.create(file, role, renderModule(`add-s2s-rate-limit/${name}.ts`, specifiers, style));
  };
  module(files.bucket, 'token-bucket');
  module(files.refusal, 'refusal-limit');
  module(files.requests, 'request-limit');
  if (parts.verify) module(files.verify, 'verify-limit');
  if (!parts.redis) return;
  module(files.script, redisScript(parts));
  module(files.redis, 'redis-buckets');
  const view = sharedBucketsView(service, draft.repo, files);
  draft.create(files.shared, role, render('add-s2s-rate-limit/shared-buckets.ts.hbs', view, style));
  createRedisLifecycle(draft, service, role);
}

/** The template of the script's file, for the Redis client that the service has. */
function redisScript({ nodeRedis }: LimitParts): string {
  return `redis-script.${nodeRedis ? 'node-redis' : 'ioredis'}`;
}

function renderTests(
  draft: Draft,
  service: Service,
  files: LimitFiles,
  parts: LimitParts,
  path: string,
): void {
  const { style, testing } = service;
  if (testing.runner === 'none') return;
  type View = (test: RelPath) => object;
  const buckets: View = (test) => bucketTestView(service, files, test);
  const requests: View = (test) => limitTestView(service, draft.repo, files, parts, test, path);
  const create = (file: RelPath, name: string, view: View, template = name): void => {
    const test = testFileFor(service, file, name);
    const text = renderTest(`add-s2s-rate-limit/${template}.test.ts.hbs`, view(test), style, testing);
    draft.create(test, 'unit-test', text);
  };
  create(files.bucket, 'token-bucket', buckets);
  create(files.plugin, 'rate-limit', requests);
  if (parts.verify) create(files.verify, 'verify-limit', requests);
  if (!parts.redis) return;
  create(files.redis, 'redis-buckets', buckets);
  create(files.script, 'redis-script', buckets, redisScript(parts));
}

async function planNeeds(draft: Draft, service: Service, store: Store): Promise<void> {
  const { redis } = service;
  const needsClient = store === 'redis' && redis.library === 'none';
  const ioredis = { name: 'ioredis', range: '^5.4.0', section: 'dependencies' } as const;
  declareDependencies(draft, service, fastifyPlugin(service), ...(needsClient ? [ioredis] : []));
  if (store === 'redis' && redis.client === undefined)
    await declareVariables(draft, service, [{ name: 'REDIS_URL', value: '', type: 'string' }]);
}

function addNotes(draft: Draft, service: Service, { plugin }: LimitFiles, store: Store): void {
  const { app, name } = service;
  if (isAutoloaded(service, plugin) && findUserMember(service) !== undefined)
    draft.note(
      `${plugin} is loaded in the order of its folder: if a plugin before it verifies the token of every request, as auth-middleware with publicRoutes does, bad tokens are counted, but still verified.`,
    );
  if (store === 'memory')
    draft.note(`Each instance of ${name} has its own limit: use --store redis to share one limit.`);
  if (draft.repo.read(app.file)?.includes('trustProxy') === true) return;
  draft.note(
    `Callers without a user are identified by request.ip: behind a proxy set trustProxy (${app.file}), or all of them share one address.`,
  );
}

function oldFastify({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_OLD_DEPENDENCY',
    at: { path: manifest.path },
    message: `${name} depends on fastify ${manifest.dependencies['fastify'] ?? ''}, but limits of single routes require Fastify 4.24 or later.`,
    remedy: 'Update it to ^4.24.0 and run the command again.',
  };
}

function isLimited({ name }: Service, path: RelPath): Obstacle {
  return {
    code: 'E_RATE_LIMITED',
    at: { path },
    message: `${name} already has @fastify/rate-limit, and two limits would count every request twice.`,
    remedy:
      'Keep it (its option redis shares the count between instances, in fixed windows), or remove it and run the command again.',
    manual:
      'await app.register(rateLimit, { redis: app.redis, skipOnError: true, enableDraftSpec: true, max: 100, timeWindow: 10_000 });',
  };
}
