import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { JwtFact, Service } from '../_engine/model/service.ts';
import { withoutGenerated } from '../_engine/program/survey.ts';
import {
  findCookies,
  findGuarding,
  findVerifications,
  type ReadCookie,
  takeOverOptions,
  type Verification,
  type VerifyOptions,
} from '../_engine/facts/auth/jwt-verifies.ts';
import { checkObstacles, findGuardChecks } from '../_engine/facts/auth/jwt-guard-checks.ts';
import { findIssued, type Issued } from '../_engine/facts/auth/jwt-issued.ts';
import {
  decideLogins,
  findPurpose,
  isDoubtful,
  type Logins,
  provers,
  type Purpose,
  type PurposeRule,
} from '../_engine/facts/auth/jwt-logins.ts';
import { type LoginTokens, namedPlaces, surveyLoginTokens } from '../_engine/facts/auth/login-tokens.ts';
import { findSigns } from '../_engine/facts/auth/jwt-signs.ts';
import { findPluginUse } from '../_engine/facts/auth/jwt.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { isFunctionNode } from '../_engine/syntax/expressions.ts';
import { isRequiredOfKeys, requireSigned } from './required-claims.ts';
import { type Accept, keepDemands, type KeptPolicy, readKeptPolicy } from './kept-policy.ts';
import { unreadClaims } from './identity-view.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';

/** What a token must be, beside well signed and not expired, to prove who calls. */
export interface TokenPolicy {
  readonly options: VerifyOptions;
  readonly rules: readonly PurposeRule[];
  readonly accept: Accept | undefined;
  /** What the keys of auth-verify.ts sign. */
  readonly keys: KeptPolicy['keys'];
  /** Claims that the verifier demands, with a text that it accepts. */
  readonly demanded: ReadonlyMap<string, string>;
  /** It demands nothing else: a test can sign such tokens. */
  readonly isPlain: boolean;
  readonly cookies: readonly ReadCookie[];
  readonly obstacles: readonly Obstacle[];
  readonly notes: readonly string[];
  /** How a test gets tokens of the login. */
  readonly login: LoginTokens;
  readonly logins: readonly Issued[];
  readonly others: readonly Issued[];
  /** Places of the service that verify tokens of the login themselves. */
  readonly guarding: readonly Verification[];
}

const none: Omit<TokenPolicy, 'login'> = {
  options: { entries: new Map(), imports: [], obstacles: [] },
  rules: [],
  accept: undefined,
  keys: {},
  demanded: new Map(),
  isPlain: true,
  cookies: [],
  obstacles: [],
  notes: [],
  logins: [],
  others: [],
  guarding: [],
};

interface PolicyAnswers {
  readonly path: string;
  /** auth-verify.ts, where it is or will be. */
  readonly plugin: RelPath;
  readonly login: string | undefined;
  readonly accept: string | undefined;
}

/** The policy of the code that signs and of the service's own guards. */
export function surveyPolicy(
  repo: Repo,
  service: Service,
  { path, plugin: file, login, accept }: PolicyAnswers,
): TokenPolicy {
  const { jwt } = service;
  const survey = withoutGenerated(openSurvey(repo, service));
  const kept = readKeptPolicy(openSurvey(repo, service), survey, service, file);
  const library = libraryOf(jwt);
  if (library === 'none') return policyWithoutTokens(survey, jwt, kept, file);
  const named = namedPlaces(login);
  const decided = decideLogins(issuedBy(survey), named);
  const guarding = findGuarding(survey, findVerifications(survey), decided.logins);
  const purpose = findPurpose(decided);
  const plugin = library === '@fastify/jwt' ? findPluginUse(survey, jwt.namespace) : undefined;
  const demands = keepDemands(takeOverOptions(survey, guarding, library, plugin), kept, file);
  const options = requireSigned(demands, library, decided.logins);
  const checks = findGuardChecks(survey, plugin, guarding, ruledClaims(purpose));
  const given = findAccept(survey, accept);
  return {
    options,
    rules: purpose.rules,
    accept: given.accept ?? trustedCall(checks.trusted) ?? (accept === 'none' ? undefined : kept.accept),
    keys: kept.keys,
    ...demandedClaims(options),
    cookies: findCookies(survey, plugin),
    obstacles: [
      ...unreadClaims(jwt),
      ...undecided(decided, named),
      ...options.obstacles,
      ...checkObstacles(checks, accept !== undefined),
      ...given.obstacles,
      ...alikeObstacles(purpose, named),
    ],
    notes: [...purposeNotes(purpose, path), ...unreadNotes(checks.unreadAt)],
    login: surveyLoginTokens(survey, jwt, decided.logins),
    ...decided,
    guarding,
  };
}

function issuedBy(survey: Survey): readonly Issued[] {
  return findIssued(survey, findSigns(survey), (namespace) => findPluginUse(survey, namespace));
}

/** Without a library of its own, a service signs with the one of auth-verify.ts. */
function libraryOf({ library, signs }: JwtFact): JwtFact['library'] {
  return library === 'none' && signs.length > 0 ? '@fastify/jwt' : library;
}

/** A service that neither signs nor verifies: what auth-verify.ts has stays. */
function policyWithoutTokens(survey: Survey, jwt: JwtFact, kept: KeptPolicy, plugin: RelPath): TokenPolicy {
  const options = keepDemands(none.options, kept, plugin);
  const { accept, keys } = kept;
  return {
    ...none,
    ...demandedClaims(options),
    options,
    accept,
    keys,
    obstacles: options.obstacles,
    login: surveyLoginTokens(survey, jwt, []),
  };
}

function ruledClaims({ rules }: Purpose): readonly string[] {
  return rules.map(({ claim }) => claim);
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
    else if (name !== 'clockTolerance' && !isRequiredOfKeys(name, value)) isPlain = false;
  }
  return { demanded, isPlain };
}

function trustedCall(
  trusted: Readonly<{ expression: string; imports: readonly ImportWant[] }> | undefined,
): Accept | undefined {
  return trusted && { call: `${trusted.expression}(request, claims)`, imports: trusted.imports };
}

/** `--accept src/sessions.ts#isActive`, a path from the root of the repo; `none` goes without. */
function findAccept(
  survey: Survey,
  answer: unknown,
): { readonly accept?: Accept; readonly obstacles: readonly Obstacle[] } {
  if (typeof answer !== 'string' || answer === 'none') return { obstacles: [] };
  const [path = '', name = ''] = answer.split('#');
  const file = survey.files.find((one) => one === path);
  const found = file === undefined ? undefined : survey.names.exported(file, name);
  if (
    file === undefined ||
    found === undefined ||
    !isFunctionNode(found.node) ||
    !/^[A-Za-z_$][\w$]*$/.test(name)
  ) {
    const message = `--accept names ${answer}, but the service does not export such a function.`;
    const remedy = 'Name a function as <file>#<export>, with a path from the root of the repository.';
    return { obstacles: [{ code: 'E_INVALID_FLAG', message, remedy }] };
  }
  const want = name === 'default' ? { from: file, default: 'isAccepted' } : { from: file, names: [name] };
  const callee = name === 'default' ? 'isAccepted' : name;
  return { accept: { call: `${callee}(claims, request)`, imports: [want] }, obstacles: [] };
}

/** What claims of a login's token fulfil and others do not, as one TypeScript expression about `claims`; false for none. */
export function purposeCondition(rules: readonly PurposeRule[]): string | false {
  return rules.map(conditionOf).join(' && ') || false;
}

function conditionOf(rule: PurposeRule): string {
  const claim = `claims[${printString(rule.claim)}]`;
  switch (rule.kind) {
    case 'one-of':
      return isOneOf(claim, rule.texts);
    case 'none-of':
      return `!${isOneOf(claim, rule.texts)}`;
    case 'present':
      return `${claim} !== undefined`;
    case 'absent':
      return `${claim} === undefined`;
  }
}

/** A claim may be a text or a list of texts, as `aud` is. */
function isOneOf(claim: string, texts: readonly string[]): string {
  const [only = '', ...others] = texts;
  const list = `[${claim}].flat()`;
  if (others.length === 0) return `${list}.includes(${printString(only)})`;
  return `[${printStrings(texts)}].some((text) => ${list}.includes(text))`;
}

function outermost({ places }: Readonly<{ places: readonly Place[] }>): string {
  const at = places.at(-1);
  return `${at?.path ?? ''}:${String(at?.line ?? 0)}`;
}

function undecided({ logins, others }: Logins, named: readonly string[]): readonly Obstacle[] {
  const possible = provers(others);
  const [first] = possible;
  if (logins.length > 0 || first === undefined) return [];
  const [at] = first.places;
  const list = [...new Set(possible.map(outermost))].join(', ');
  return [
    {
      code: 'E_TOKEN_POLICY',
      ...(at !== undefined && { at }),
      message:
        named.length > 0
          ? `No token is signed at ${named.join(', ')}; tokens are signed at ${list}.`
          : `Tokens are signed in more than one way (${list}), and the code does not show which of them is the login: a token for another purpose would authenticate its caller.`,
      remedy: 'Name the login with --login <file>#<function> or <file>:<line>, comma-separated.',
      manual: `s2s add-auth-verify --login ${outermost(first)}`,
    },
  ];
}

/** Mailed links that are as good as a login: one obstacle for each call that signs, whoever calls it. */
function alikeObstacles({ alike }: Purpose, named: readonly string[]): readonly Obstacle[] {
  const signs = new Map<string, Readonly<{ at: Place; by: Set<string> }>>();
  for (const one of alike.filter((each) => isDoubtful(each) || named.length > 0)) {
    const at = one.places[0] ?? { path: one.sign.path, line: one.sign.line };
    const key = `${at.path}:${String(at.line ?? 0)}`;
    const known = signs.get(key) ?? { at, by: new Set() };
    known.by.add(outermost(one));
    signs.set(key, known);
  }
  return [...signs.values()].map(({ at, by }) => ({
    code: 'E_TOKEN_POLICY',
    at,
    message: `The tokens that ${[...by].join(', ')} ${by.size === 1 ? 'signs' : 'sign'} have the same claims and key as login tokens: they would authenticate their caller.`,
    remedy:
      "Add a distinct claim (purpose: 'password-reset') or use another key. If they are login tokens, add them to --login.",
  }));
}

function purposeNotes({ alike, refused }: Purpose, path: string): readonly string[] {
  const places = (some: Purpose['alike']): string => [...new Set(some.map(outermost))].join(', ');
  const accepted = alike.filter((one) => !isDoubtful(one));
  return [
    ...(refused.length === 0
      ? []
      : [
          `POST ${path} refuses tokens signed at ${places(refused)}: their claims differ from login tokens. If they are login tokens, add them to --login.`,
        ]),
    ...(accepted.length === 0
      ? []
      : [
          `POST ${path} accepts tokens signed at ${places(accepted)}: they cannot be distinguished from login tokens.`,
        ]),
  ];
}

function unreadNotes(at: Place | undefined): readonly string[] {
  if (at === undefined) return [];
  return [
    `The options of @fastify/jwt at ${at.path}:${String(at.line ?? 0)} cannot be analysed: the verify route ignores \`trusted\`, cookies and a key function there.`,
  ];
}
