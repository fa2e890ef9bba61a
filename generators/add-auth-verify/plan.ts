import type { RunAnswers } from '../_engine/model/generator.ts';
import { type Service, withFacts } from '../_engine/model/service.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { freePluginName, registerPlugin } from '../_engine/edit/register-plugin.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render } from '../_engine/render/render.ts';
import { findGuardsAhead, type GuardsAhead } from '../_engine/facts/auth/root-hooks.ts';
import { withLoginAnswers } from '../_engine/facts/auth/login-tokens.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { usesKeyPair } from './connection-views.ts';
import { planDenylistTests } from './denylist-tests.ts';
import { findObstacles } from './find-obstacles.ts';
import { planLogout } from './logout.ts';
import { createModules } from './modules.ts';
import { planVerifyTest } from './test-file.ts';
import { surveyPolicy, type TokenPolicy } from './token-policy.ts';
import { planSignCalls, signObstacles } from './sign-calls.ts';
import {
  chooseKeys,
  type KeysAnswers,
  keySetRoute,
  keysNotes,
  keysObstacles,
  planSigningKeys,
} from './signing-keys.ts';
import type { Blacklist, SigningKeys, VerifyChoices, VerifyView } from './view.ts';
import { type VerifyFiles, verifyFiles } from './files.ts';
import { verifyView } from './views.ts';

export interface VerifyAnswers extends RunAnswers, KeysAnswers {
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
  const files = verifyFiles(found);
  const guards = guardsAhead(repo, found, { method: 'POST', url: path });
  const service = withGuards(withoutOwnJwt(withLoginAnswers(found, repo, answers)), guards);
  const policy = surveyPolicy(repo, service, { ...answers, plugin: files.plugin });
  const blacklist = answers.blacklist ?? usualBlacklist(service);
  const keys = chooseKeys(service, answers, policy);
  const draft = openDraft(repo);
  draft.obstruct(...findObstacles(repo, service, path, files, guards), ...policy.obstacles);
  const keysOptOut = keys === undefined ? [] : planKeySet(draft, repo, found, files);
  const publishes = blacklist === 'redis' && repo.read(files.publisher) !== undefined;
  if (keys !== undefined && answers.sign === 'keys') planSignCalls(draft, repo, service, files, keys, policy);
  renderFiles(draft, service, files, { path, blacklist, publishes, keys, keysOptOut }, policy);
  planVerifyTest(draft, service, files, path, blacklist, policy);
  planDenylistTests(draft, service, files, blacklist);
  registerPlugin(draft, service, { file: files.plugin, plugin: 'authVerify' });
  planDependencies(draft, service, blacklist);
  await planEnvironment(draft, service, blacklist);
  if (blacklist !== 'none') planLogout(draft, service, answers.logout === 'patch');
  for (const note of [...policy.notes, ...redisNotes(service, blacklist)]) draft.note(note);
  await planSigning(draft, service, files, answers, keys, policy);
  if (!usesKeyPair(service)) {
    draft.note(
      'With a JWT secret shorter than 32 bytes the service logs a warning; in production it does not start.',
    );
  }
  return draft.finish();
}

/** What gets `GET /.well-known/jwks.json` past the guards of the application. */
function planKeySet(draft: Draft, repo: Repo, service: Service, files: VerifyFiles): readonly string[] {
  const guards = guardsAhead(repo, service, keySetRoute);
  draft.obstruct(...keysObstacles(service, files, guards));
  return guards.optOut;
}

/** The keys, and the order in which they are deployed. */
async function planSigning(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  answers: VerifyAnswers,
  keys: SigningKeys | undefined,
  policy: TokenPolicy,
): Promise<void> {
  if (keys === undefined) {
    if (answers.sign === 'keys') draft.obstruct(withoutKeys);
    return;
  }
  await planSigningKeys(draft, service, files, keys);
  if (answers.sign === 'keys') draft.obstruct(...signObstacles(policy));
  draft.note(...keysNotes(service, keys, policy, answers));
}

const withoutKeys: Obstacle = {
  code: 'E_INVALID_FLAG',
  message: '--sign keys has no effect: the service has no keys.',
  remedy: 'Run the command with --keys es256 first, and deploy that.',
};

/** A service that may run without Redis needs it now, or the other store. */
function redisNotes({ name, redis }: Service, blacklist: Blacklist): readonly string[] {
  if (blacklist !== 'redis' || redis.client?.optional !== true) return [];
  return [
    `${name} may run without Redis, but in production it does not start without one now: revoked tokens would be lost. --blacklist memory keeps Redis optional, for a single instance.`,
  ];
}

/** Where our plugin has brought @fastify/jwt, it goes on doing so; what the service has come to sign with it counts. */
function withoutOwnJwt(service: Service): Service {
  const { claims, registeredIn, signs, user } = service.jwt;
  if (registeredIn !== verifyFiles(service).plugin) return service;
  const jwt = {
    library: 'none',
    algorithm: 'HS256',
    claims,
    signs,
    ...(user !== undefined && { user }),
  } as const;
  return withFacts(service, { jwt });
}

/** Hooks that a route of ours comes through, those of an autoloaded folder too. */
function guardsAhead(repo: Repo, service: Service, route: { method: string; url: string }): GuardsAhead {
  const { plugin } = verifyFiles(service);
  const hasAutohooks = service.app.autoload.some(
    ({ autoHooks, dir }) => autoHooks && plugin.startsWith(`${dir}/`),
  );
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
  choices: VerifyChoices,
  policy: TokenPolicy,
): void {
  createModules(draft, service, files, choices, policy);
  const pluginName = freePluginName(service, files.plugin, 'auth-verify');
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
