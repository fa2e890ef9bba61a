import { generator as authMiddleware } from '../add-auth-middleware/index.ts';
import { generator as authVerify } from '../add-auth-verify/index.ts';
import type { Adoption, Answers, RunAnswers } from '../_engine/model/generator.ts';
import { assertNone, type Obstacle } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { possibleAuthAnswers, surveyAuthService } from '../_engine/facts/auth/auth-service.ts';
import { checkRecorded, recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { planDenylist } from './denylist.ts';
import { planPublisher } from './publisher.ts';
import { planSubscriber } from './subscriber.ts';

export interface RevocationAnswers extends RunAnswers {
  readonly auth: string | undefined;
}

/** The auth service publishes what it revokes, and the target, which caches claims, listens. */
export async function planRevocation(answers: RevocationAnswers, repo: Repo): Promise<Plan> {
  const consumer = surveyTarget(repo, answers);
  const auth = surveyAuthService(repo, answers.auth);
  const middleware = recordedAnswers(repo, consumer.dir, ['add-auth-middleware', 'add-s2s']).find(
    (one) => hasCache(one) || isLocal(one),
  );
  const verify = auth === undefined ? undefined : verifyAnswers(repo, auth);
  const obstacles = [
    ...(middleware === undefined ? [withoutCache(consumer)] : []),
    ...(auth !== undefined && (verify === undefined || !isShared(repo, auth))
      ? [withoutBlacklist(auth)]
      : []),
  ];
  assertNone(obstacles);

  // Earlier runs may have been for others, too, and may name their routes.
  const targets = surveyHeads(repo).map(({ dir }) => dir);
  const draft = openDraft(repo);
  if (auth === undefined) {
    draft.note(
      'The auth service must publish revocations: run add-s2s-revocation in its repository too, and set REVOCATION_CHANNEL to the channel in its revocation-publisher.ts.',
    );
  } else {
    planPublisher(draft, auth);
    const asked = await checkRecorded(authVerify.questions, verify ?? {}, draft.repo);
    await draft.include(authVerify.plan({ ...asked, target: auth.dir, targets }, draft.repo));
  }
  await planSubscriber(draft, consumer, auth);
  if (middleware !== undefined && isLocal(middleware)) planDenylist(draft, consumer);
  const asked = await checkRecorded(authMiddleware.questions, middleware ?? {}, draft.repo);
  const wanted = { ...asked, auth: auth?.dir ?? 'none', target: consumer.dir, targets };
  await draft.include(authMiddleware.plan(wanted, draft.repo));
  return draft.finish();
}

function isLocal({ verify }: Answers): boolean {
  return verify === 'local';
}

function hasCache({ cacheTtl, with: parts }: Answers): boolean {
  return cacheTtl !== undefined || (Array.isArray(parts) && parts.includes('cache'));
}

/** What the verify route was asked for: by itself, or with one of the services that use it. */
function verifyAnswers(repo: Repo, auth: Service): Answers | undefined {
  const [own] = recordedAnswers(repo, auth.dir, ['add-auth-verify']);
  if (own !== undefined) return own;
  const others = surveyHeads(repo).flatMap(({ dir }) => recordedAnswers(repo, dir, ['add-s2s']));
  return others.find((one) => one['auth'] !== 'none');
}

/** Its denylist is in Redis, by our own code. */
function isShared(repo: Repo, auth: Service): boolean {
  return repo.read(placeFile(auth, 'plugins', 'auth-verify'))?.includes('createRedisStore') === true;
}

function withoutCache({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_MISSING_PART',
    at: { path: manifest.path },
    message: `${name} has no claim cache, so a revocation already applies to the next request.`,
    remedy:
      'Nothing is needed. For local verification, run add-auth-middleware --verify local first. To add a cache, run add-auth-middleware (or add-s2s) as before with --cache-ttl 10000, then this command.',
  };
}

function withoutBlacklist({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_MISSING_PART',
    at: { path: manifest.path },
    message: `${name} has no generated token denylist in Redis, so there is nothing to publish.`,
    remedy:
      'Run add-auth-verify --blacklist redis first, or use --auth none if a service in another repository revokes tokens.',
  };
}

export const adoption: Adoption = {
  role: 'revocation',
  after: ['add-auth-verify', 'add-auth-middleware'],
  answers: (repo) => [...possibleAuthAnswers(repo), { auth: 'none' }],
};
