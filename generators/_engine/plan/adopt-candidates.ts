import type { Answers } from '../model/generator.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Role } from '../model/roles.ts';
import { findPublicRoutes } from '../edit/ensure-public-route.ts';
import { findAuthService } from '../facts/auth/auth-service.ts';
import { findClient } from '../facts/calls/installed-client.ts';
import { recordedAnswers } from '../record/recorded-answers.ts';
import { surveyHeads } from '../repo/services.ts';
import { surveyTarget } from '../facts/app/target.ts';

/** What a generator may have been asked for, and the role of the files that it is known by. */
export interface Candidate {
  readonly id: string;
  readonly role: Role;
  /** The answers to try for the service in a folder; `repo` has the record of what was recognised before. */
  readonly answers: (repo: Repo, dir: RelPath) => readonly Answers[];
  /** By question, what finds the answer in the files of that role. */
  readonly read?: Readonly<Record<string, RegExp>>;
}

const elsewhere: Answers = { auth: 'none' };

/** In an order in which each finds what it builds on. */
export const candidates: readonly Candidate[] = [
  {
    id: 'add-auth-verify',
    role: 'verify-route',
    answers: () => ['redis', 'memory', 'none'].map((blacklist) => ({ blacklist })),
    read: { path: /\.post<[^(]{0,200}\(\s{0,99}['"]([^'"]{1,300})['"]/ },
  },
  { id: 'add-circuit-breaker', role: 'circuit-breaker', answers: () => [{}] },
  { id: 'add-service-client', role: 'service-client', answers: (repo, dir) => [clientAnswers(repo, dir)] },
  {
    id: 'add-auth-middleware',
    role: 'auth-middleware',
    // Which routes ask for a token is in the code: nothing is to be added.
    answers: (repo, dir) =>
      authAnswers(repo).flatMap((auth) =>
        [[], ['cache']].map((chosen) => ({
          ...clientAnswers(repo, dir),
          ...auth,
          with: chosen,
          protect: ['none'],
        })),
      ),
    read: {
      path: /\bverifyPath \?\?\s+['"]([^'"]+)['"]/,
      cacheTtl: /\bcacheTtl \?\?\s+([\d_]+)/,
      decorate: /\bdecorateRequest\(\s*['"](\w+)['"],\s*null\b/,
    },
  },
  {
    id: 'add-s2s-discovery',
    role: 'service-discovery',
    // Sources that are there are planned again as well.
    answers: (repo, dir) =>
      ['static', 'dns', 'srv', 'consul', 'eureka'].map((source) => ({
        ...clientAnswers(repo, dir),
        source: [source],
      })),
  },
  {
    id: 'add-s2s-rate-limit',
    role: 'rate-limit',
    answers: () => ['redis', 'memory'].map((store) => ({ store })),
    read: { path: /\bVERIFY_ROUTE =\s+['"]([^'"]+)['"]/ },
  },
  { id: 'add-s2s-tracing', role: 'tracing', answers: (repo, dir) => [clientAnswers(repo, dir)] },
  {
    id: 'add-s2s-metrics',
    role: 'metrics',
    answers: (repo, dir) => {
      const client = clientAnswers(repo, dir);
      return ['monitoring', 'none'].map((monitoring) => ({ ...client, monitoring }));
    },
  },
  { id: 'add-s2s-revocation', role: 'revocation', answers: (repo) => [...authAnswers(repo), elsewhere] },
  { id: 'add-s2s', role: 'integration-test', answers: answersTogether },
];

/** Of the middleware in the service, and of the verify route wherever it is; the test of both asks a guarded route. */
function answersTogether(repo: Repo, dir: RelPath): readonly Answers[] {
  const [verify] = surveyHeads(repo).flatMap((head) => recordedAnswers(repo, head.dir, ['add-auth-verify']));
  return recordedAnswers(repo, dir, ['add-auth-middleware']).flatMap((middleware) => {
    const guarded = guardedParts(repo, dir);
    return [
      { ...verify, ...middleware, ...guarded },
      { ...middleware, ...elsewhere, ...guarded },
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

/** The client that is there; parts of its breaker are planned again without being asked for. */
function clientAnswers(repo: Repo, dir: RelPath): Answers {
  const service = surveyTarget(repo, { target: dir });
  return 'ok' in service ? {} : { ...findClient(repo, service)?.variant };
}

/** Which service issues the tokens: nothing is to be said where only one does. */
function authAnswers(repo: Repo): readonly Answers[] {
  const heads = surveyHeads(repo);
  if (!('ok' in findAuthService(repo, heads))) return [{}];
  return [elsewhere, ...heads.map(({ dir }) => ({ auth: dir }))];
}
