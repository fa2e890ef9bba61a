import type { ImportWant } from '../_engine/model/import-want.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { withoutGenerated } from '../_engine/program/survey.ts';
import {
  findCookies,
  findGuarding,
  findVerifications,
  type ReadCookie,
  takeOverOptions,
  type VerifyOptions,
} from '../_engine/facts/auth/jwt-verifies.ts';
import { checkObstacles, findGuardChecks } from '../_engine/facts/auth/jwt-guard-checks.ts';
import { findIssued } from '../_engine/facts/auth/jwt-issued.ts';
import { decideLogins, findPurpose, type PurposeRule } from '../_engine/facts/auth/jwt-logins.ts';
import { findSigns } from '../_engine/facts/auth/jwt-signs.ts';
import { findPluginUse } from '../_engine/facts/auth/jwt.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { type Accept, findAccept } from './accept.ts';
import { alikeObstacles, purposeNotes, undecided, unreadNotes } from './policy-messages.ts';

/** What a token must be, beside well signed and not expired, to prove who calls. */
export interface TokenPolicy {
  readonly options: VerifyOptions;
  readonly rules: readonly PurposeRule[];
  readonly accept: Accept | undefined;
  /** Claims that the verifier demands, with a text that it accepts. */
  readonly demanded: ReadonlyMap<string, string>;
  /** It demands nothing else: a test can sign such tokens. */
  readonly isPlain: boolean;
  readonly cookies: readonly ReadCookie[];
  readonly obstacles: readonly Obstacle[];
  readonly notes: readonly string[];
}

const none: TokenPolicy = {
  options: { entries: new Map(), imports: [], obstacles: [] },
  rules: [],
  accept: undefined,
  demanded: new Map(),
  isPlain: true,
  cookies: [],
  obstacles: [],
  notes: [],
};

interface PolicyAnswers {
  readonly path: string;
  readonly login: string | undefined;
  readonly accept: string | undefined;
}

/** Reads it from the code that signs and from the service's own guards. */
export function surveyPolicy(
  repo: Repo,
  service: Service,
  { path, login, accept }: PolicyAnswers,
): TokenPolicy {
  const { jwt } = service;
  if (jwt.library === 'none') return none;
  const survey = withoutGenerated(openSurvey(repo, service));
  const pluginOf: Parameters<typeof findIssued>[2] = (namespace) => findPluginUse(survey, namespace);
  const issued = findIssued(survey, findSigns(survey), pluginOf);
  const named = namedPlaces(login);
  const decided = decideLogins(issued, named);
  const guarding = findGuarding(survey, findVerifications(survey), decided.logins);
  const purpose = findPurpose(decided);
  const options = takeOverOptions(survey, guarding, jwt.library);
  const plugin = jwt.library === '@fastify/jwt' ? pluginOf(jwt.namespace) : undefined;
  const ruled = purpose.rules.map(({ claim }) => claim);
  const checks = findGuardChecks(survey, plugin, guarding, ruled);
  const given = findAccept(survey, accept);
  return {
    options,
    rules: purpose.rules,
    accept: given.accept ?? trustedCall(checks.trusted),
    ...demandedClaims(options),
    cookies: findCookies(survey, plugin),
    obstacles: [
      ...undecided(decided, named),
      ...options.obstacles,
      ...checkObstacles(checks, accept !== undefined),
      ...given.obstacles,
      ...alikeObstacles(purpose, named),
    ],
    notes: [...purposeNotes(purpose, path), ...unreadNotes(checks.unreadAt)],
  };
}

export function namedPlaces(answer: unknown): readonly string[] {
  return typeof answer === 'string'
    ? answer
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    : [];
}

/** `issuer: 'https://auth'` → `iss`. */
function demandedClaims({ entries }: VerifyOptions): Pick<TokenPolicy, 'demanded' | 'isPlain'> {
  const demanded = new Map<string, string>();
  let isPlain = true;
  for (const [name, value] of entries) {
    const claim = /^(?:audience|allowedAud)$/.test(name)
      ? 'aud'
      : /^(?:issuer|allowedIss)$/.test(name)
        ? 'iss'
        : undefined;
    const [, text] = /^\[?\s*['"]([^'"\\]*)['"]\s*(?:,|\]|$)/.exec(value) ?? [];
    if (claim !== undefined && text !== undefined) demanded.set(claim, text);
    else if (name !== 'clockTolerance') isPlain = false;
  }
  return { demanded, isPlain };
}

function trustedCall(
  trusted: Readonly<{ expression: string; imports: readonly ImportWant[] }> | undefined,
): Accept | undefined {
  return trusted && { call: `${trusted.expression}(request, claims)`, imports: trusted.imports };
}
