import type { Adoption, Answers } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { findPublicRoutes } from '../_engine/edit/register-plugin.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { surveyHeads } from '../_engine/repo/services.ts';

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
  const service = surveyTarget(repo, { target: dir });
  if ('ok' in service) return { protect: [] };
  const open = findPublicRoutes(repo.read(service.app.file) ?? '');
  if (open !== undefined) return { protect: ['all'], public: open };
  const isTaken = service.decorators.some(({ name }) => name === 'authenticateUser');
  const hook = isTaken ? /'onRequest', \w+\.authenticateUser\b/ : /'onRequest', \w+\.authenticate\b/;
  const guarded = service.routes.filter(({ file }) => file !== undefined && hook.test(repo.read(file) ?? ''));
  return { protect: guarded.map(({ name }) => name) };
}
