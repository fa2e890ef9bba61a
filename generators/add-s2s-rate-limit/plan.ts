import type { RunAnswers } from '../_engine/model/generator.ts';
import { type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { isAutoloaded, testFileFor } from '../_engine/facts/style/place-file.ts';
import { createRedisLifecycle } from '../_engine/edit/redis-connection.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render, renderTest } from '../_engine/render/render.ts';
import { allowsBelow } from '../_engine/facts/tooling.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { findUserMember } from '../_engine/facts/auth/user-member.ts';
import {
  bucketTestView,
  bucketView,
  type LimitFiles,
  limitFiles,
  limitTestView,
  limitView,
  refusalView,
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
  if (manifest.dependencies['@fastify/rate-limit'] !== undefined) throw new RefusalError(isLimited(service));
  if (allowsBelow(manifest.dependencies['fastify'], 4, 24)) throw new RefusalError(oldFastify(service));
  const store = answers.store ?? (redis.library === 'none' ? 'memory' : 'redis');
  const files = limitFiles(service);
  const draft = openDraft(repo);
  renderFiles(draft, service, files, store, answers.path);
  registerPlugin(draft, service, {
    file: files.plugin,
    plugin: 'rateLimit',
    before: ['authVerify', 'authMiddleware'],
  });
  await planNeeds(draft, service, store);
  addNotes(draft, service, files, store);
  return draft.finish();
}

function renderFiles(draft: Draft, service: Service, files: LimitFiles, store: Store, path: string): void {
  const { style, testing } = service;
  const file = (name: string, view: object): string =>
    render(`add-s2s-rate-limit/${name}.ts.hbs`, view, style);
  draft.create(files.bucket, role, file('token-bucket', bucketView(service, store)));
  draft.create(files.refusal, role, file('refusal-limit', refusalView(service, files)));
  draft.create(files.plugin, role, file('rate-limit', limitView(service, draft.repo, files, store, path)));
  if (store === 'redis') createRedisLifecycle(draft, service, role);
  if (testing.runner === 'none') return;
  const test = (name: string, view: object): string =>
    renderTest(`add-s2s-rate-limit/${name}.test.ts.hbs`, view, style, testing);
  const bucketTest = testFileFor(service, files.bucket, 'token-bucket');
  draft.create(bucketTest, 'unit-test', test('token-bucket', bucketTestView(service, files, store)));
  const limitTest = testFileFor(service, files.plugin, 'rate-limit');
  draft.create(
    limitTest,
    'unit-test',
    test('rate-limit', limitTestView(service, draft.repo, files, store, path)),
  );
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

function isLimited({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_RATE_LIMITED',
    at: { path: manifest.path },
    message: `${name} already has @fastify/rate-limit, and two limits would count every request twice.`,
    remedy:
      'Keep it (its option redis shares the count between instances, in fixed windows), or remove it and run the command again.',
    manual:
      'await app.register(rateLimit, { redis: app.redis, skipOnError: true, enableDraftSpec: true, max: 100, timeWindow: 10_000 });',
  };
}
