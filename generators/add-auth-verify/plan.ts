import type { RunAnswers } from '../_engine/model/generator.ts';
import { type Service, withFacts } from '../_engine/model/service.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { freePluginName, registerPlugin } from '../_engine/edit/register-plugin.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render } from '../_engine/render/render.ts';
import { findGuardsAhead, type GuardsAhead } from '../_engine/facts/auth/guards-ahead.ts';
import { withLoginAnswers } from '../_engine/facts/auth/login-answers.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { usesKeyPair } from './connection-views.ts';
import { planDenylistTests } from './denylist-tests.ts';
import { findObstacles } from './find-obstacles.ts';
import { planLogout } from './logout.ts';
import { createModules } from './modules.ts';
import { planVerifyTest } from './test-file.ts';
import { surveyPolicy, type TokenPolicy } from './token-policy.ts';
import type { Blacklist, VerifyView } from './view.ts';
import { type VerifyFiles, verifyFiles } from './files.ts';
import { verifyView } from './views.ts';

export interface VerifyAnswers extends RunAnswers {
  readonly path: string;
  readonly blacklist: Blacklist | undefined;
  readonly logout: 'patch' | 'none';
  readonly login: string | undefined;
  readonly accept: string | undefined;
  readonly userClaim: string | undefined;
  readonly tenantClaim: string | undefined;
  readonly algorithm: string | undefined;
}

/** The verify route with its verifier and denylist, wired into the app; the logout route revokes. */
export async function planAuthVerify(answers: VerifyAnswers, repo: Repo): Promise<Plan> {
  const found = surveyTarget(repo, answers);
  const { path } = answers;
  const guards = guardsAhead(repo, found, path);
  const service = withGuards(withLoginAnswers(withoutOwnJwt(found), repo, answers), guards);
  const policy = surveyPolicy(repo, service, answers);
  const blacklist = answers.blacklist ?? usualBlacklist(service);
  const files = verifyFiles(service);
  const draft = openDraft(repo);
  draft.obstruct(...findObstacles(repo, service, path, files, guards), ...policy.obstacles);
  renderFiles(draft, service, files, path, blacklist, policy);
  planVerifyTest(draft, service, files, path, blacklist, policy);
  planDenylistTests(draft, service, files, blacklist);
  registerPlugin(draft, service, { file: files.plugin, plugin: 'authVerify' });
  planDependencies(draft, service, blacklist);
  await planEnvironment(draft, service, blacklist);
  if (blacklist !== 'none') planLogout(draft, service, answers.logout === 'patch');
  for (const note of [...policy.notes, ...redisNotes(service, blacklist)]) draft.note(note);
  if (!usesKeyPair(service)) {
    draft.note(
      'With a JWT secret shorter than 32 bytes the service logs a warning; in production it does not start.',
    );
  }
  return draft.finish();
}

/** A service that may run without Redis needs it now, or the other store. */
function redisNotes({ name, redis }: Service, blacklist: Blacklist): readonly string[] {
  if (blacklist !== 'redis' || redis.client?.optional !== true) return [];
  return [
    `${name} may run without Redis, but in production it does not start without one now: revoked tokens would be lost. --blacklist memory keeps Redis optional, for a single instance.`,
  ];
}

/** Where our plugin has brought @fastify/jwt, the service itself still knows nothing of tokens. */
function withoutOwnJwt(service: Service): Service {
  if (service.jwt.registeredIn !== verifyFiles(service).plugin) return service;
  return withFacts(service, { jwt: { library: 'none', signs: [], algorithm: 'HS256', claims: [] } });
}

/** Hooks that the verify route comes through, those of an autoloaded folder too. */
function guardsAhead(repo: Repo, service: Service, url: string): GuardsAhead {
  const { plugin } = verifyFiles(service);
  const hasAutohooks = service.app.autoload.some(
    ({ autoHooks, dir }) => autoHooks && plugin.startsWith(`${dir}/`),
  );
  const route = { method: 'POST', url };
  return findGuardsAhead(openSurvey(repo, service), route, hasAutohooks ? plugin : undefined);
}

/** What gets the route past them goes into its `config`. */
function withGuards(service: Service, { optOut }: GuardsAhead): Service {
  const [guard] = optOut.length === 0 ? [] : [{ path: service.app.file, line: 1, lists: [] }];
  return withFacts(service, { guard: guard && { ...guard, optOut: optOut.join(', ') } });
}

function usualBlacklist({ redis }: Service): Blacklist {
  return redis.library === 'none' ? 'memory' : 'redis';
}

function renderFiles(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  path: string,
  blacklist: Blacklist,
  policy: TokenPolicy,
): void {
  createModules(draft, service, files, blacklist, policy);
  const publishes = blacklist === 'redis' && draft.repo.read(files.publisher) !== undefined;
  const pluginName = freePluginName(service, files.plugin, 'auth-verify');
  const choices = { path, blacklist, publishes };
  const view: VerifyView = { ...verifyView(draft.repo, service, files, choices, policy), pluginName };
  draft.create(
    files.plugin,
    'verify-route',
    render('add-auth-verify/auth-verify.ts.hbs', view, service.style),
  );
}

function planDependencies(draft: Draft, service: Service, blacklist: Blacklist): void {
  const old = service.fastifyMajor < 5;
  const section = 'dependencies' as const;
  const wanted = [
    fastifyPlugin(service),
    ...(service.jwt.library === 'none'
      ? [{ name: '@fastify/jwt', range: old ? '^8.0.1' : '^10.0.0', section }]
      : []),
    ...(blacklist === 'redis' && service.redis.client === undefined && service.redis.library !== 'redis'
      ? [{ name: 'ioredis', range: '^5.4.0', section }]
      : []),
  ];
  declareDependencies(draft, service, ...wanted);
}

function planEnvironment(draft: Draft, service: Service, blacklist: Blacklist): Promise<void> {
  const { jwt, redis } = service;
  const ownRedis = blacklist === 'redis' && redis.client === undefined;
  const names = [
    ...(jwt.secret === undefined && jwt.library !== '@fastify/jwt' ? ['JWT_SECRET'] : []),
    'SERVICE_AUTH_SECRET',
    ...(ownRedis ? ['REDIS_URL'] : []),
  ];
  return declareVariables(
    draft,
    service,
    names.map((name) => ({ name, value: '', type: 'string' })),
  );
}
