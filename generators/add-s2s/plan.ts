import { generator as authMiddleware, type remoteQuestions } from '../add-auth-middleware/index.ts';
import { generator as authVerify, type routeQuestions } from '../add-auth-verify/index.ts';
import { namedPlaces, withLoginAnswers } from '../_engine/facts/auth/login-tokens.ts';
import type { Adoption, Answers, AnswersTo } from '../_engine/model/generator.ts';
import { type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareDependencies } from '../_engine/edit/ensure-dependency.ts';
import { importLines, placeFile } from '../_engine/facts/style/place-file.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { renderTest } from '../_engine/render/render.ts';
import { findUrlVariable } from '../_engine/facts/config/config.ts';
import { surveyAuthService } from '../_engine/facts/auth/auth-service.ts';
import { chooseProtection, readPublic } from '../_engine/facts/routes/protection.ts';
import { findService, surveyTarget } from '../_engine/facts/app/service.ts';
import { testingFor } from '../_engine/facts/tooling.ts';
import { isWithAuth, sharedTestView, suiteView } from './shared-views.ts';
import { type Integration, integrationTest } from './views.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { findPublicRoutes } from '../_engine/edit/register-plugin.ts';
import { recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { surveyHeads } from '../_engine/repo/services.ts';

type S2sAnswers = AnswersTo<typeof routeQuestions> & AnswersTo<typeof remoteQuestions>;

/** The integration test runs the services against each other. */
const remote = { verify: 'remote', jwks: undefined, issuer: undefined, audience: undefined } as const;

/** It signs tokens as the service does. */
const unchanged = { keys: undefined, sign: 'unchanged' } as const;

/** The verify route in the auth service, the middleware in the target, and a test that runs both. */
export async function planServiceToService(answers: S2sAnswers, repo: Repo): Promise<Plan> {
  const consumer = surveyTarget(repo, answers);
  const auth = surveyAuthService(repo, answers.auth);
  if (auth?.dir === consumer.dir) throw new RefusalError(isTheAuthService(auth));

  const draft = openDraft(repo);
  if (auth !== undefined)
    await draft.include(authVerify.plan({ ...answers, ...unchanged, target: auth.dir }, draft.repo));
  const consumed = { ...answers, ...remote, auth: auth?.dir ?? 'none' };
  await draft.include(authMiddleware.plan(consumed, draft.repo));
  if (draft.failed) return draft.finish();
  const protection = chooseProtection(repo, consumer, answers);
  const open = readPublic(answers);
  const issuer = auth && withLoginAnswers(auth, repo, answers);
  const named = namedPlaces(answers.login);
  planIntegrationTest(draft, { consumer, auth: issuer, named, protection, open, path: answers.path });
  return draft.finish();
}

function planIntegrationTest(draft: Draft, integration: Omit<Integration, 'test' | 'urlVariable'>): void {
  const { auth, consumer } = integration;
  if (consumer.testing.runner === 'none') return;
  const test = placeFile(consumer, 'test', 'service-to-service');
  const issuer = auth && { head: auth, port: auth.app.listen.defaultPort };
  const urlVariable = findUrlVariable(draft.repo, consumer, issuer);
  const found = integrationTest(draft.repo, { ...integration, test, urlVariable });
  if (typeof found === 'string') {
    draft.note(found);
    return;
  }
  const { style, testing } = consumer;
  const suite = placeFile(consumer, 'shared', 'testing/service-to-service');
  const atSuite = integrationTest(draft.repo, { ...integration, test: suite, urlVariable });
  const own = testingFor(draft.repo, consumer, suite);
  // A suite runs in one runner.
  const isShared = consumer.layout.shared !== undefined && own.runner === testing.runner;
  if (isShared && typeof atSuite !== 'string' && isWithAuth(atSuite)) {
    const shared = renderTest('add-s2s/service-to-service.suite.ts.hbs', suiteView(atSuite.view), style, own);
    draft.create(suite, 'integration-test', shared);
    const view = sharedTestView(found.view, [
      ...found.view.folderImports,
      ...importLines(consumer, test, [{ from: suite, names: ['testConsumer'] }]),
    ]);
    const text = renderTest('add-s2s/service-to-service.shared.test.ts.hbs', view, style, testing);
    draft.create(test, 'integration-test', text);
  } else {
    const kind = found.authInRepo ? '' : '.stand-in';
    const template = `add-s2s/service-to-service${kind}.test.ts.hbs`;
    draft.create(test, 'integration-test', renderTest(template, found.view, style, testing));
  }
  for (const service of found.authInRepo && auth !== undefined ? [consumer, auth] : [consumer]) {
    if (service.tooling.runTypeScript !== undefined) continue;
    const tsx = { name: 'tsx', range: '^4.20.0', section: 'devDependencies' } as const;
    declareDependencies(draft, service, tsx);
  }
  const command = testing.command.replace('NAME', 'service-to-service');
  draft.note(`Test the services together with: ${command} (in ${consumer.dir === '' ? '.' : consumer.dir}).`);
}

function isTheAuthService({ dir, name }: Service): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    at: { path: dir },
    message: `${name} issues tokens, so it cannot be its own consumer.`,
    remedy:
      'Name its consumers with --target. If they are in other repositories, run add-auth-verify here and add-auth-middleware there.',
  };
}

export const adoption: Adoption = {
  role: 'integration-test',
  after: ['add-auth-verify', 'add-auth-middleware'],
  answers: answersTogether,
};

/** Of the middleware in the service, and of the verify route wherever it is; the test of both asks a guarded route. */
function answersTogether(repo: Repo, dir: RelPath): readonly Answers[] {
  const [verify] = surveyHeads(repo).flatMap((head) => recordedAnswers(repo, head.dir, ['add-auth-verify']));
  return recordedAnswers(repo, dir, ['add-auth-middleware']).flatMap((middleware) => {
    const guarded = guardedParts(repo, dir);
    return [
      { ...verify, ...middleware, ...guarded },
      { ...middleware, auth: 'none', ...guarded },
    ];
  });
}

/** What `--protect` has been: the route plugins that add the hook, or all routes where the middleware is told the public ones. */
function guardedParts(repo: Repo, dir: RelPath): Answers {
  const service = findService(repo, dir);
  if (service === undefined) return { protect: [] };
  const open = findPublicRoutes(repo.read(service.app.file) ?? '');
  if (open !== undefined) return { protect: ['all'], public: open };
  const isTaken = service.decorators.some(({ name }) => name === 'authenticateUser');
  const hook = isTaken ? /'onRequest', \w+\.authenticateUser\b/ : /'onRequest', \w+\.authenticate\b/;
  const guarded = service.routes.filter(({ file }) => file !== undefined && hook.test(repo.read(file) ?? ''));
  return { protect: guarded.map(({ name }) => name) };
}
